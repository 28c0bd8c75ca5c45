/** The metrics of a run: a chart each, a figure where there is one point only. */
import { Group, SegmentedControl, SimpleGrid, Skeleton, Slider, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { Metric } from '../../api/mlflow';
import { count, figure } from '../../pure/format';
import { Panel } from '../../parts/Panel';
import { Empty, Failure } from '../../parts/States';
import { historyQuery } from './queries';
import { series, smooth, type Axis } from './series';

const Chart = lazy(() => import('../../parts/Chart'));

interface Look {
  axis: Axis;
  weight: number;
  log: boolean;
}

export function Metrics({ ws, run, latest }: { ws: string; run: string; latest: readonly Metric[] }) {
  const [look, setLook] = useState<Look>({ axis: 'step', weight: 0, log: false });
  if (latest.length === 0) {
    return (
      <Panel title="Metrics">
        <Empty title="No metrics">
          What the job logs with <span className="mono">mlflow.log_metric</span> is drawn here as it comes.
        </Empty>
      </Panel>
    );
  }
  const sorted = [...latest].sort((a, b) => a.key.localeCompare(b.key));
  // What was logged at its first step alone is a figure, not a curve.
  const figures = sorted.filter((metric) => metric.step === 0);
  const curves = sorted.filter((metric) => metric.step !== 0);
  const one = (metric: Metric) => <OneMetric key={metric.key} ws={ws} run={run} metric={metric} look={look} />;
  return (
    <Stack gap="md">
      {curves.length > 0 && <Group gap="lg">
        <SegmentedControl
          size="xs"
          aria-label="Horizontal axis"
          value={look.axis}
          onChange={(axis) => setLook({ ...look, axis: axis as Axis })}
          data={[{ value: 'step', label: 'Step' }, { value: 'time', label: 'Time' }, { value: 'relative', label: 'Seconds' }]}
        />
        <Group gap="xs">
          <Text size="xs" c="dimmed" id="smoothing">
            Smoothing
          </Text>
          <Slider
            size="sm" w={130} min={0} max={0.98} step={0.02} label={(value) => value.toFixed(2)} thumbProps={{ 'aria-labelledby': 'smoothing' }}
            value={look.weight} onChange={(weight) => setLook({ ...look, weight })}
          />
        </Group>
        <Switch size="xs" label="Log scale" checked={look.log} onChange={(event) => setLook({ ...look, log: event.currentTarget.checked })} />
      </Group>}
      {figures.length > 0 && <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md">{figures.map(one)}</SimpleGrid>}
      {curves.length > 0 && <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="md">{curves.map(one)}</SimpleGrid>}
    </Stack>
  );
}

function OneMetric({ ws, run, metric, look }: { ws: string; run: string; metric: Metric; look: Look }) {
  const history = useQuery(historyQuery(ws, run, metric.key, `${metric.step} ${metric.timestamp} ${metric.value}`));
  const points = history.data;
  const lines = useMemo(() => {
    const plain = series(points ?? [], look.axis);
    const shown = { name: metric.key, points: smooth(plain, look.weight) };
    return look.weight > 0 ? [{ name: 'as logged', points: plain, faint: true }, shown] : [shown];
  }, [points, look, metric.key]);
  const drawn = points !== undefined && points.length > 1;
  return (
    <section className="panel" aria-label={metric.key}>
      <header style={{ borderBottom: 0, paddingBottom: 0 }}>
        <h2 style={{ overflowWrap: 'anywhere' }}>{metric.key}</h2>
        <Text fw={600} size="sm" className="nowrap" style={{ fontVariantNumeric: 'tabular-nums' }}>
          {figure(metric.value)}
        </Text>
      </header>
      {history.error !== null ? (
        <Failure error={history.error} again={() => void history.refetch()} />
      ) : drawn ? (
        <div style={{ padding: '4px 10px 8px' }}>
          <Suspense fallback={<Skeleton height={190} />}>
            <Chart label={`${metric.key} of ${count(points.length, 'point')}`} lines={lines} time={look.axis === 'time'} log={look.log} />
          </Suspense>
        </div>
      ) : (
        <Text size="xs" c="dimmed" px="md" pb="sm" pt={2}>
          {points === undefined ? 'Loading' : `one point, at step ${metric.step}`}
        </Text>
      )}
    </section>
  );
}
