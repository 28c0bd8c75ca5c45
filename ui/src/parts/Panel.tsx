/** A part of a page, with a heading. */
import type { ReactNode } from 'react';

interface Props {
  title?: string;
  /** At the right of the heading. */
  aside?: ReactNode;
  /** Content that reaches the edges: a table, a graph, a log. */
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, aside, flush = false, children }: Props) {
  return (
    <section className="panel" aria-label={title}>
      {title !== undefined && (
        <header>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      {flush ? children : <div className="inside">{children}</div>}
    </section>
  );
}
