/** Markdown that people wrote, without anything that could run. */
import DOMPurify from 'dompurify';
import { marked } from 'marked';
import { useMemo } from 'react';

// An image that says nothing of itself is passed over by who cannot see it.
DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'IMG' && !node.hasAttribute('alt')) node.setAttribute('alt', '');
  if (node.tagName === 'A') node.setAttribute('rel', 'noreferrer');
});

export default function Markdown({ text }: { text: string }) {
  const html = useMemo(() => {
    const made = marked.parse(text, { async: false, gfm: true });
    return DOMPurify.sanitize(made, { FORBID_TAGS: ['style', 'form', 'input', 'button', 'iframe', 'video', 'audio'], FORBID_ATTR: ['style', 'id', 'class'] });
  }, [text]);
  return <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
