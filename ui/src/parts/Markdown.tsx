/** Markdown that people wrote, without anything that could run. */
import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import { useMemo } from 'react';

// An image that says nothing of itself is passed over by who cannot see it.
DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'IMG' && !node.hasAttribute('alt')) node.setAttribute('alt', '');
  if (node.tagName === 'A') node.setAttribute('rel', 'noreferrer');
});

// Raw HTML is parsed before it is purified, and a browser complains of each handler that the page's policy blocks there.
// Purifying does not rest on this.
const HANDLER = /[\s/"']on\w+\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)/gi;
const markdown = new Marked({ gfm: true, async: false, renderer: { html: ({ text }) => text.replace(HANDLER, ' ') } });

export default function Markdown({ text }: { text: string }) {
  const html = useMemo(() => {
    const made = markdown.parse(text, { async: false });
    return DOMPurify.sanitize(made, { FORBID_TAGS: ['style', 'form', 'input', 'button', 'iframe', 'video', 'audio'], FORBID_ATTR: ['style', 'id', 'class'] });
  }, [text]);
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
