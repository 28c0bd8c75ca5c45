/** Requests, errors and latency of each deployment, as they are while one looks. */
import { SimpleGrid, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import type { Lines } from '../../parts/Chart';
import { Panel } from '../../parts/Panel';
import { Loading } from '../../parts/States';
import { figuresQuery } from './queries';
import { rates, type Figures, type Rate } from './rates';

const Chart = lazy(() => import('../../parts/Chart'));

/** Moments that are drawn: five minutes. */
const MOST = 150;

export function Live({ ws, endpoint }: { ws: string; endpoint: string }) {
  const { data } = useQuery(figuresQuery(ws, endpoint));
  const before = useRef<Figures>(undefined);
  const [seen, see] = useState<Record<string, Rate[]>>({});
  useEffect(() => {
    if (data === undefined) return;
    const last = before.current;
    before.current = data;
    if (last === undefined || last.at === data.at) return;
    const found = rates(last, data);
    see((seen) => {
      const next = { ...seen };
      for (const [name, rate] of Object.entries(found)) next[name] = [...(next[name] ?? []), rate].slice(-MOST);
      return next;
    });
  }, [data]);
  const drawn = useMemo(() => {
    const of = (pick: (rate: Rate) => number | null): Lines[] =>
      Object.entries(seen).map(([name, all], colour) => ({ name, colour, points: all.map((rate): [number, number | null] => [rate.at, pick(rate)]) }));
    return [
      { title: 'Requests a second', lines: of(({ requests }) => requests) },
      { title: 'Errors, % of the requests', lines: of(({ errors }) => errors) },
      { title: '95 of 100 answered within, ms', lines: of(({ p95 }) => p95) },
    ];
  }, [seen]);
  const waiting = (data?.deployments ?? []).map(({ deployment, in_flight, waiting: line }) => `${deployment}: ${in_flight} in work, ${line} waiting`);
  return (
    <Panel title="Now" aside={<Text size="xs" c="dimmed">{waiting.join(' · ')}</Text>}>
      {Object.keys(seen).length === 0 ? (
        <Text size="sm" c="dimmed">What happens while you look is drawn here.</Text>
      ) : (
        <SimpleGrid cols={{ base: 1, md: 3 }}>
          {drawn.map(({ title, lines }) => (
            <figure key={title} style={{ margin: 0, minWidth: 0 }}>
              <figcaption><Text size="xs" c="dimmed">{title}</Text></figcaption>
              <Suspense fallback={<Loading lines={3} />}>
                <Chart label={title} lines={lines} across="time" height={150} />
              </Suspense>
            </figure>
          ))}
        </SimpleGrid>
      )}
    </Panel>
  );
}
