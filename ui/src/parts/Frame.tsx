/** HTML that a run logged, in a frame with an origin of its own: its scripts see neither the page nor the API. */
import { useEffect, useRef } from 'react';

export function Frame({ html, label, height = 520 }: { html: string; label: string; height?: number }) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const ready = (event: MessageEvent) => {
      if (event.source !== frame.current?.contentWindow || (event.data as { frame?: string } | null)?.frame !== 'ready') return;
      // An origin of its own has no name to send to.
      frame.current?.contentWindow?.postMessage({ html }, '*');
    };
    window.addEventListener('message', ready);
    return () => window.removeEventListener('message', ready);
  }, [html]);
  return <iframe key={html} ref={frame} src="/ui/frame.html" sandbox="allow-scripts" title={label} className="framed" style={{ height }} />;
}
