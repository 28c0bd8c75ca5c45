/** Values of several runs as a table: a row for each key, a column for each run. */
import { Switch } from '@mantine/core';
import { useMemo, useState } from 'react';
import { figure } from '../../pure/format';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { useColours } from '../../parts/colours';
import { Panel } from '../../parts/Panel';
import { Empty } from '../../parts/States';
import type { Row } from '../run/columns';
import { sideBySide } from './table';

interface Props {
  title: string;
  ws: string;
  rows: readonly Row[];
  all: readonly Readonly<Record<string, string>>[];
  /** Numbers that are read to six digits. */
  figures?: boolean;
}

export function SideBySide({ title, ws, rows, all, figures = false }: Props) {
  const [differing, only] = useState(false);
  const colours = useColours();
  const sides = useMemo(() => sideBySide(all), [all]);
  const shown = differing ? sides.filter((side) => side.differs) : sides;
  const some = sides.some((side) => !side.differs) && sides.some((side) => side.differs);
  return (
    <Panel title={title} flush aside={some && <Switch size="xs" label="Only what differs" checked={differing} onChange={(event) => only(event.currentTarget.checked)} />}>
      {sides.length === 0 ? (
        <Empty title={`No ${title.toLowerCase()}`} />
      ) : shown.length === 0 ? (
        <Empty title="Nothing differs" />
      ) : (
        <div className="wide-table" style={{ marginTop: 0 }} tabIndex={0} role="region" aria-label={title}>
          <table className="table sides">
            <thead>
              <tr>
                <th scope="col">Key</th>
                {rows.map((row, at) => (
                  <th key={row.id} scope="col" className={figures ? 'number' : undefined}>
                    <i style={{ background: colours[at % colours.length] }} aria-hidden />
                    <A to={to.run(ws, row.id)} className="plain">{row.name}</A>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ key, values, differs }) => (
                <tr key={key} className={differs && !figures ? 'differs' : undefined}>
                  <th scope="row">{key}</th>
                  {values.map((value, at) => (
                    <td key={rows[at]?.id ?? at} className={figures ? 'number' : 'mono'} title={value}>
                      {value === undefined ? '–' : figures ? figure(value) : value}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
