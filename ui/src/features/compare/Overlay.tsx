/** The metrics of several runs: a chart each, with a line for each run. */
import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { count } from '../../pure/format';
import { Panel } from '../../parts/Panel';
import { Empty, Failure } from '../../parts/States';
import { useSeen } from '../../parts/useSeen';
import { ChartLook, useLook, type Look } from '../run/ChartLook';
import type { Row } from '../run/columns';
import { seriesQuery } from '../run/queries';
import { line, middles, smooth } from '../run/series';
import { SideBySide } from './SideBySide';

const Chart = lazy(() => import('../../parts/Chart'));

export function Overlay({ ws, rows }: { ws: string; rows: readonly Row[] }) {
  const [look, setLook] = useLook();
  const keys = useMemo(() => [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))].sort((a, b) => a.localeCompare(b)), [rows]);
  const [curves, note] = useState<ReadonlySet<string>>(new Set());
  if (keys.length === 0) return <Panel><Empty title="None of these runs has metrics" /></Panel>;
  const all = rows.map((row) => Object.fromEntries(Object.entries(row.metrics).map(([key, value]) => [key, String(value)])));
  return (
    <Stack gap="md">
      <SideBySide title="Last values" ws={ws} rows={rows} all={all} figures />
      {curves.size > 0 && <ChartLook look={look} onChange={setLook} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        {keys.map((key) => (
          <OneMetric key={key} ws={ws} metric={key} rows={rows} look={look} onCurve={() => note((before) => (before.has(key) ? before : new Set([...before, key])))} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}

function OneMetric({ ws, metric, rows, look, onCurve }: { ws: string; metric: string; rows: readonly Row[]; look: Look; onCurve: () => void }) {
  const [ref, seen] = useSeen<HTMLElement>();
  const having = rows.map((row, colour) => ({ row, colour })).filter(({ row }) => row.metrics[metric] !== undefined);
  const asked = useQueries({ queries: having.map(({ row }) => ({ ...seriesQuery(ws, row.id, metric, String(row.metrics[metric])), enabled: seen })) });
  const known = asked.every(({ data }) => data !== undefined);
  const failed = asked.find(({ error }) => error !== null)?.error;
  const total = asked.reduce((sum, { data }) => sum + (data?.points_total ?? 0), 0);
  const single = known && asked.every(({ data }) => (data?.points_total ?? 0) < 2);
  if (known && !single) queueMicrotask(onCurve);
  const stamp = asked.map(({ dataUpdatedAt }) => dataUpdatedAt).join(' ');
  // What is drawn changes with the answers, whose times the stamp holds.
  const lines = useMemo(
    () => asked.flatMap(({ data }, at) => {
      const { row, colour } = having[at] ?? {};
      if (data === undefined || row === undefined) return [];
      return [{ name: row.name, colour, points: look.weight > 0 ? smooth(middles(data, look.axis), look.weight) : line(data, look.axis) }];
    }),
    [stamp, look, rows],
  );
  // A single point is a figure, which the table above has.
  if (single) return null;
  return (
    <section className="panel" aria-label={metric} ref={ref}>
      <header style={{ borderBottom: 0, paddingBottom: 0 }}>
        <h2 style={{ overflowWrap: 'anywhere' }}>{metric}</h2>
      </header>
      <div style={{ padding: '4px 10px 8px', minHeight: 252 }}>
        {failed != null ? (
          <Failure error={failed} />
        ) : !known ? (
          <Skeleton height={240} />
        ) : (
          <Suspense fallback={<Skeleton height={240} />}>
            <Chart label={`${metric} of ${count(having.length, 'run')}, ${count(total, 'point')}`} lines={lines} across={look.axis} log={look.log} height={240} />
          </Suspense>
        )}
      </div>
    </section>
  );
}
