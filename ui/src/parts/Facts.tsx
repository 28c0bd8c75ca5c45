/** Facts as term and value: as a grid of short ones, or as a list of pairs. */
import { Fragment, type ReactNode } from 'react';

type Rows = readonly (readonly [string, ReactNode])[];

const shown = (rows: Rows) => rows.filter(([, value]) => value !== null && value !== undefined && value !== '');

export function Facts({ rows }: { rows: Rows }) {
  return (
    <dl className="facts">
      {shown(rows).map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Pairs({ rows }: { rows: Rows }) {
  return (
    <dl className="pairs">
      {shown(rows).map(([term, value]) => (
        <Fragment key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
