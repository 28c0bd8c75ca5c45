/** One metric, large: a stretch of it is asked for again when one looks closer, until each point is drawn. */
import { ActionIcon, Group, Skeleton, Stack, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowsMaximize, IconChevronLeft, IconChevronRight, IconDownload, IconZoomIn, IconZoomOut, type Icon } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { saveText } from '../../api/download';
import { metricHistory, type Metric } from '../../api/mlflow';
import { writeTable } from '../../pure/csv';
import { count } from '../../pure/format';
import { Failure } from '../../parts/States';
import type { Look } from './ChartLook';
import { EXACT_POINTS, lastOf, stretchQuery, type Reduced } from './queries';
import { drawn, line, originOf, stretchOf, zoomed, type Range } from './series';

const Chart = lazy(() => import('../../parts/Chart'));

const HEIGHT = 440;

export function Closer({ ws, run, metric, whole, look }: { ws: string; run: string; metric: Metric; whole: Reduced; look: Look }) {
  const all = useMemo((): Range => {
    const xs = line(whole, look.axis).map(([x]) => x);
    return [xs[0] ?? 0, xs.at(-1) ?? 0];
  }, [whole, look.axis]);
  const [chosen, see] = useState<Range>();
  useEffect(() => see(undefined), [look.axis]);
  const seen = chosen ?? all;
  const reduced = whole.points_total > EXACT_POINTS;
  const stretch = useMemo(() => stretchOf(seen, look.axis, originOf(whole)), [seen, look.axis, whole]);
  const part = useQuery({ ...stretchQuery(ws, run, metric.key, lastOf(metric), stretch), enabled: reduced && chosen !== undefined });
  const finer = reduced && chosen !== undefined ? part.data : undefined;
  const lines = useMemo(() => drawn(metric.key, whole, look, finer), [metric.key, whole, look, finer]);
  const zoom = useMemo(() => ({ seen, whole: all, onChange: see }), [seen, all]);
  const shown = finer?.points_total ?? whole.points_total;
  const each = shown <= EXACT_POINTS ? 'each of them drawn' : `drawn from the extremes of ${EXACT_POINTS} stretches`;
  const save = useMutation({
    mutationFn: async () => {
      const points = await metricHistory(ws, run, metric.key);
      const rows = points.map(({ step, timestamp, value }) => [step, new Date(timestamp).toISOString(), value]);
      saveText(`${metric.key.replaceAll('/', '-')}-${run}.csv`, writeTable([['step', 'time', metric.key], ...rows]));
    },
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
  });
  const button = (label: string, Sign: Icon, next: Range | undefined) => (
    <Tooltip label={label}>
      <ActionIcon variant="default" aria-label={label} onClick={() => see(next)}>
        <Sign size={16} />
      </ActionIcon>
    </Tooltip>
  );
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" c="dimmed" aria-live="polite">
          {chosen === undefined ? count(shown, 'point') : `${count(shown, 'point')} of ${whole.points_total.toLocaleString('en-US')}`}, {each}
        </Text>
        <Group gap={6}>
          {button('Earlier', IconChevronLeft, zoomed(seen, all, 1, -0.5))}
          {button('Later', IconChevronRight, zoomed(seen, all, 1, 0.5))}
          {button('Closer', IconZoomIn, zoomed(seen, all, 0.25))}
          {button('Wider', IconZoomOut, zoomed(seen, all, 4))}
          {button('The whole', IconArrowsMaximize, undefined)}
          <Tooltip label="Every point as CSV">
            <ActionIcon variant="default" aria-label="Every point as CSV" loading={save.isPending} onClick={() => save.mutate()}>
              <IconDownload size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {part.error !== null && <Failure error={part.error} again={() => void part.refetch()} />}
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <Chart label={`${metric.key}, ${count(shown, 'point')} seen`} lines={lines} across={look.axis} log={look.log} height={HEIGHT} zoom={zoom} />
      </Suspense>
    </Stack>
  );
}
