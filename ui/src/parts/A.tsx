/** A link to another page of the studio. */
import { Link } from '@tanstack/react-router';
import type { CSSProperties, ReactNode } from 'react';

interface Props {
  to: string;
  search?: Record<string, unknown>;
  children: ReactNode;
  className?: string;
  title?: string;
  style?: CSSProperties;
  'aria-label'?: string;
}

export function A({ to, search, children, className = 'link', title, style, 'aria-label': label }: Props) {
  return (
    <Link to={to as '/'} search={search as never} className={className} title={title} style={style} aria-label={label}>
      {children}
    </Link>
  );
}
