/** Whether something has come into sight yet: what is far down the page is not asked for. */
import { useEffect, useRef, useState } from 'react';

export function useSeen<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || ref.current === null) return undefined;
    const watcher = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true), { rootMargin: '300px' });
    watcher.observe(ref.current);
    return () => watcher.disconnect();
  }, [seen]);
  return [ref, seen] as const;
}
