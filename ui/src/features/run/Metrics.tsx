/** The metrics of a run: a chart each, a figure where there is one point only. */
import { ActionIcon, Group, Modal, SimpleGrid, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowsMaximize } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { Metric } from '../../api/mlflow';
import { count, figure } from '../../pure/format';
import { Panel } from '../../parts/Panel';
import { Empty, Failure } from '../../parts/States';
import { useSeen } from '../../parts/useSeen';
import { ChartLook, useLook, type Look } from './ChartLook';
import { Closer } from './Closer';
import { lastOf, seriesQuery } from './queries';
import { drawn } from './series';

const Chart = lazy(() => import('../../parts/Chart'));

/** With more than this, one is found by typing. */
const MANY = 12;

export function Metrics({ ws, run, latest }: { ws: string; run: string; latest: readonly Metric[] }) {
  const [look, setLook] = useLook();
  const [wanted, want] = useState('');
  if (latest.length === 0) {
    return (
      <Panel title="Metrics">
        <Empty title="No metrics">
          What is logged with <span className="mono">mlflow.log_metric</span> is drawn here as it comes.
        </Empty>
      </Panel>
    );
  }
  const sorted = [...latest].filter(({ key }) => key.toLowerCase().includes(wanted.toLowerCase())).sort((a, b) => a.key.localeCompare(b.key));
  // What was logged at its first step alone is a figure, not a curve.
  const figures = sorted.filter((metric) => metric.step === 0);
  const curves = sorted.filter((metric) => metric.step !== 0);
  return (
    <Stack gap="md">
      {latest.length > MANY && (
        <TextInput size="xs" w={260} placeholder={`Find among ${latest.length} metrics`} aria-label="Find a metric" value={wanted} onChange={(event) => want(event.currentTarget.value)} />
      )}
      {sorted.length === 0 && <Empty title="No metric with that name" />}
      {figures.length > 0 && (
        <div className="figures">
          {figures.map((metric) => (
            <section className="panel figure" key={metric.key} aria-label={metric.key}>
              <h2>{metric.key}</h2>
              <b title={String(metric.value)}>{figure(metric.value)}</b>
            </section>
          ))}
        </div>
      )}
      {curves.length > 0 && <ChartLook look={look} onChange={setLook} />}
      {curves.length > 0 && (
        <SimpleGrid cols={{ base: 1, sm: curves.length === 1 ? 1 : 2, xl: Math.min(3, curves.length) }} spacing="md">
          {curves.map((metric) => (
            <Curve key={metric.key} ws={ws} run={run} metric={metric} look={look} tall={curves.length === 1} />
          ))}
        </SimpleGrid>
      )}
    </Stack>
  );
}

/** One point is no curve. */
function Single({ metric, height }: { metric: Metric; height: number }) {
  return (
    <Stack h={height} justify="center" align="center" gap={2}>
      <Text fw={600} fz="1.6rem" style={{ fontVariantNumeric: 'tabular-nums' }} title={String(metric.value)}>{figure(metric.value)}</Text>
      <Text size="xs" c="dimmed">the only point, at step {figure(metric.step)}</Text>
    </Stack>
  );
}

function Curve({ ws, run, metric, look, tall }: { ws: string; run: string; metric: Metric; look: Look; tall: boolean }) {
  const [large, { open, close }] = useDisclosure(false);
  const [ref, seen] = useSeen<HTMLElement>();
  const history = useQuery({ ...seriesQuery(ws, run, metric.key, lastOf(metric)), enabled: seen });
  const points = history.data;
  const lines = useMemo(() => {
    if (points === undefined) return [];
    return drawn(metric.key, points, look);
  }, [points, look, metric.key]);
  const label = `${metric.key} of ${count(points?.points_total ?? 0, 'point')}`;
  const height = tall ? 280 : 190;
  return (
    <section className="panel" aria-label={metric.key} ref={ref}>
      <header style={{ borderBottom: 0, paddingBottom: 0 }}>
        <h2 style={{ overflowWrap: 'anywhere' }}>{metric.key}</h2>
        <Group gap={6} wrap="nowrap">
          <Text fw={600} size="sm" className="nowrap" style={{ fontVariantNumeric: 'tabular-nums' }}>
            {figure(metric.value)}
          </Text>
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Enlarge ${metric.key}`} onClick={open}>
            <IconArrowsMaximize size={14} />
          </ActionIcon>
        </Group>
      </header>
      <div style={{ padding: '4px 10px 8px', minHeight: height + 12 }}>
        {history.error !== null ? <Failure error={history.error} again={() => void history.refetch()} /> : points === undefined ? <Skeleton height={height} /> : points.points_total === 1 ? (
          <Single metric={metric} height={height} />
        ) : (
          <Suspense fallback={<Skeleton height={height} />}>
            <Chart label={label} lines={lines} across={look.axis} log={look.log} height={height} />
          </Suspense>
        )}
      </div>
      <Modal opened={large} onClose={close} title={`${metric.key} · ${count(points?.points_total ?? 0, 'point')}`} size="90%" centered>
        {points !== undefined && <Closer ws={ws} run={run} metric={metric} whole={points} look={look} />}
      </Modal>
    </section>
  );
}
