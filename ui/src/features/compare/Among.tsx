/** How parameters and metrics go together among runs: over parallel axes, or one against another. */
import { Group, MultiSelect, Select, Skeleton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { to } from '../../pure/links';
import { Panel } from '../../parts/Panel';
import { Empty } from '../../parts/States';
import type { Row } from '../run/columns';
import { numbers, sideBySide } from './table';

const Parallel = lazy(async () => ({ default: (await import('../../parts/Scatter')).Parallel }));
const Dots = lazy(async () => ({ default: (await import('../../parts/Scatter')).Dots }));

/** More axes than this are a thicket. */
const USUAL_AXES = 6;

interface Dimension {
  id: string;
  name: string;
  values: (number | string | undefined)[];
  numeric: boolean;
  differs: boolean;
}

function dimensionsOf(rows: readonly Row[]): Dimension[] {
  return (['params', 'metrics'] as const).flatMap((kind) =>
    sideBySide(rows.map((row) => Object.fromEntries(Object.entries(row[kind]).map(([key, value]) => [key, String(value)])))).map(({ key, values, differs }) => {
      const found = numbers(values);
      return { id: `${kind}.${key}`, name: key, values: found ?? values, numeric: found !== undefined, differs };
    }),
  );
}

export function Among({ ws, rows, as }: { ws: string; rows: readonly Row[]; as: 'parallel' | 'scatter' }) {
  const all = useMemo(() => dimensionsOf(rows), [rows]);
  if (all.filter((dimension) => dimension.numeric).length < 2) return <Panel><Empty title="Nothing to draw">Two numbers at least, which more than one of the runs has, are needed.</Empty></Panel>;
  return as === 'parallel' ? <Axes all={all} rows={rows} /> : <Pair ws={ws} all={all} rows={rows} />;
}

const options = (all: readonly Dimension[]) =>
  [
    { group: 'Parameters', items: all.filter(({ id }) => id.startsWith('params.')).map(({ id, name }) => ({ value: id, label: name })) },
    { group: 'Metrics', items: all.filter(({ id }) => id.startsWith('metrics.')).map(({ id, name }) => ({ value: id, label: name })) },
  ].filter(({ items }) => items.length > 0);

function Axes({ all, rows }: { all: readonly Dimension[]; rows: readonly Row[] }) {
  const telling = all.filter(({ differs }) => differs);
  const metrics = telling.filter(({ id, numeric }) => numeric && id.startsWith('metrics.'));
  const [chosen, choose] = useState(() => {
    const params = telling.filter(({ id }) => id.startsWith('params.')).slice(0, USUAL_AXES - 2);
    return [...params, ...metrics.slice(0, USUAL_AXES - params.length)].map(({ id }) => id);
  });
  const [by, colour] = useState<string | null>(metrics.at(-1)?.id ?? null);
  const dimensions = useMemo(() => chosen.flatMap((id) => all.find((each) => each.id === id) ?? []), [chosen, all]);
  const colourBy = useMemo(() => all.find((each) => each.id === by), [all, by]);
  const names = useMemo(() => rows.map((row) => row.name), [rows]);
  return (
    <Panel title="Parallel coordinates">
      <Group gap="sm" mb="md" align="flex-end">
        <MultiSelect size="xs" label="Axes" searchable data={options(all)} value={chosen} onChange={choose} flex={1} miw={220} />
        <Select size="xs" label="Colour by" clearable searchable data={options(all.filter(({ numeric }) => numeric))} value={by} onChange={colour} w={200} />
      </Group>
      {dimensions.length < 2 ? (
        <Empty title="Choose two axes at least" />
      ) : (
        <Suspense fallback={<Skeleton height={420} />}>
          <Parallel label={`${rows.length} runs over ${dimensions.map(({ name }) => name).join(', ')}`} names={names} dimensions={dimensions} colourBy={colourBy} />
        </Suspense>
      )}
    </Panel>
  );
}

function Pair({ ws, all, rows }: { ws: string; all: readonly Dimension[]; rows: readonly Row[] }) {
  const navigate = useNavigate();
  const numeric = all.filter((dimension) => dimension.numeric);
  const telling = numeric.filter(({ differs }) => differs);
  const [across, setAcross] = useState((telling[0] ?? numeric[0])?.id ?? null);
  const [up, setUp] = useState((telling.findLast(({ id }) => id.startsWith('metrics.')) ?? numeric.at(-1))?.id ?? null);
  const [x, y] = [numeric.find(({ id }) => id === across), numeric.find(({ id }) => id === up)];
  const dots = useMemo(
    () => rows.map((row, at) => ({ id: row.id, name: row.name, x: x?.values[at] as number, y: y?.values[at] as number })).filter((dot) => Number.isFinite(dot.x) && Number.isFinite(dot.y)),
    [rows, x, y],
  );
  const open = useCallback((at: number) => void navigate({ to: to.run(ws, dots[at]?.id ?? '') as '/' }), [navigate, ws, dots]);
  return (
    <Panel title="Scatter">
      <Group gap="sm" mb="md">
        <Select size="xs" label="Across" searchable allowDeselect={false} data={options(numeric)} value={across} onChange={setAcross} w={220} />
        <Select size="xs" label="Up" searchable allowDeselect={false} data={options(numeric)} value={up} onChange={setUp} w={220} />
      </Group>
      {dots.length === 0 ? (
        <Empty title="No run has both" />
      ) : (
        <Suspense fallback={<Skeleton height={420} />}>
          <Dots label={`${y?.name} of ${dots.length} runs over ${x?.name}`} dots={dots} across={x?.name ?? ''} up={y?.name ?? ''} onOpen={open} />
        </Suspense>
      )}
    </Panel>
  );
}
