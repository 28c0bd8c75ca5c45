/** The table of runs: draws the rows that are in sight, however many there are. Arrows move, Enter opens, Space chooses. */
import { Checkbox } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { figure } from '../../pure/format';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { Dot, statusWord } from '../../parts/Status';
import { Ago, Lasted } from '../../parts/Time';
import { ATTRIBUTES, columnOf, sortable, type Row, type RunColumn } from './columns';

const ROW = 37;

interface Props {
  ws: string;
  rows: readonly Row[];
  columns: readonly string[];
  /** Names of experiments by id. */
  experiments: ReadonlyMap<string, string>;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  chosen: ReadonlySet<string>;
  onChoose: (ids: ReadonlySet<string>) => void;
  more: boolean;
  onMore: () => void;
  /** Whether its top is in sight. */
  onTop: (top: boolean) => void;
}

/** Wide enough for what is in it, and for its heading within reason. */
const width = ({ kind, key }: RunColumn) => {
  if (kind === 'attributes') return key === 'run_id' ? 260 : key === 'experiment' ? 160 : 112;
  return Math.max(kind === 'tags' ? 120 : 96, Math.min(190, key.length * 7.4 + 44));
};

export function RunGrid({ ws, rows, columns, experiments, sort, onSort, chosen, onChoose, more, onMore, onTop }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const shown = columns.map(columnOf).filter((column) => column !== undefined);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => holder.current, estimateSize: () => ROW, overscan: 12 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 40) onMore();
  }, [last, rows.length, more, onMore]);

  const template = `38px minmax(190px, 1.6fr) ${shown.map((column) => `minmax(${width(column)}px, 1fr)`).join(' ')}`;
  const least = 38 + 190 + shown.reduce((sum, column) => sum + width(column), 0);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose(next);
  };
  const move = (at: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, at));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((holder.current?.clientHeight ?? 400) / ROW) - 2);
    const steps: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: rows.length - 1 };
    const next = steps[event.key];
    const row = rows[active];
    if (event.target !== holder.current) return;
    if (next !== undefined) move(next);
    else if (event.key === ' ' && row !== undefined) toggle(row.id);
    else if (event.key === 'Enter' && row !== undefined) void navigate({ to: to.run(ws, row.id) as '/' });
    else return;
    event.preventDefault();
  };
  const heading = (column: RunColumn) => {
    const label = column.kind === 'attributes' ? ATTRIBUTES[column.key as keyof typeof ATTRIBUTES] ?? column.key : column.key;
    const order = sort === column.id ? 'ascending' : sort === `-${column.id}` ? 'descending' : undefined;
    const number = column.kind === 'metrics';
    // Of a number the best is most often the largest.
    const next = order === undefined ? (number ? `-${column.id}` : column.id) : order === 'descending' ? (number ? column.id : undefined) : number ? undefined : `-${column.id}`;
    return (
      <div role="columnheader" key={column.id} className={number ? 'number' : undefined} aria-sort={order} title={column.id}>
        {sortable(column) ? (
          <button type="button" onClick={() => onSort(next)}>
            <span>{label}</span>
            {order === 'ascending' && <IconArrowUp size={13} />}
            {order === 'descending' && <IconArrowDown size={13} />}
          </button>
        ) : (
          <span>{label}</span>
        )}
      </div>
    );
  };
  const all = rows.length > 0 && chosen.size > 0;
  return (
    <div
      className="grid" role="grid" aria-label="Runs" aria-rowcount={more ? -1 : rows.length + 1} aria-colcount={shown.length + 2} tabIndex={0} ref={holder}
      aria-activedescendant={items.some((item) => item.index === active) ? `run-${active}` : undefined}
      onKeyDown={onKey} onScroll={(event) => onTop(event.currentTarget.scrollTop < ROW)}
    >
      <div className="grid-head" role="row" style={{ gridTemplateColumns: template, minWidth: least }}>
        <div role="columnheader">
          <Checkbox
            size="xs" aria-label={all ? 'Choose none' : 'Choose the first 20'} checked={all} indeterminate={all} tabIndex={-1}
            onChange={() => onChoose(all ? new Set() : new Set(rows.slice(0, 20).map((row) => row.id)))}
          />
        </div>
        <div role="columnheader">Run</div>
        {shown.map(heading)}
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), minWidth: least, position: 'relative' }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              role="row" key={row.id} id={`run-${item.index}`} aria-rowindex={item.index + 2} aria-selected={chosen.has(row.id)}
              className={item.index === active ? 'grid-row active' : 'grid-row'} style={{ gridTemplateColumns: template, top: item.start, height: ROW }}
              onMouseDown={() => setActive(item.index)}
            >
              <div role="gridcell">
                <Checkbox size="xs" aria-label={`Choose ${row.name}`} checked={chosen.has(row.id)} onChange={() => toggle(row.id)} tabIndex={-1} />
              </div>
              <div role="gridcell" className="run-name">
                <span title={statusWord(row.status)} style={{ display: 'inline-flex' }}>
                  <Dot status={row.status} />
                </span>
                <A to={to.run(ws, row.id)} className="plain strong" title={row.id}>
                  {row.name}
                </A>
                <span className="sr">{statusWord(row.status)}</span>
              </div>
              {shown.map((column) => (
                <div role="gridcell" key={column.id} className={column.kind === 'metrics' ? 'number' : undefined}>
                  {cell(row, column, experiments)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function cell(row: Row, { kind, key }: RunColumn, experiments: ReadonlyMap<string, string>): ReactNode {
  if (kind === 'metrics') {
    const value = row.metrics[key];
    return value === undefined ? <Nothing /> : <span title={String(value)}>{figure(value)}</span>;
  }
  if (kind === 'attributes') {
    if (key === 'start_time') return row.start > 0 ? <Ago at={row.start} /> : <Nothing />;
    if (key === 'duration') return <Lasted from={row.start > 0 ? row.start : undefined} until={row.end} />;
    if (key === 'experiment') return experiments.get(row.experiment) ?? row.experiment;
    return key === 'user_id' ? row.user : <span className="mono">{row.id}</span>;
  }
  const value = row[kind][key];
  return value === undefined ? <Nothing /> : <span title={value}>{value}</span>;
}

const Nothing = () => <span style={{ color: 'var(--faint)' }}>–</span>;
