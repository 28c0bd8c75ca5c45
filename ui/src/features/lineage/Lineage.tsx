/** Where a version comes from and what came of it, drawn: data, the jobs between, models, deployments, endpoints, releases. */
import { SegmentedControl, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { A } from '../../parts/A';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded, Loading } from '../../parts/States';
import { Dot, tinted } from '../../parts/Status';
import { nodeWords } from './node';

const Graph = lazy(() => import('../../parts/Graph'));

type Found = Schemas['LineageGraph'];
type Direction = 'up' | 'down' | 'both';

interface Props {
  ws: string;
  kind: 'data' | 'models';
  name: string;
  version: string;
}

const WAYS: { value: Direction; label: string }[] = [
  { value: 'both', label: 'Both ways' },
  { value: 'up', label: 'Comes from' },
  { value: 'down', label: 'Came of it' },
];

export function Lineage({ ws, kind, name, version }: Props) {
  const [direction, setDirection] = useState<Direction>('both');
  const query = useQuery({
    queryKey: ['lineage', ws, kind, name, version, direction],
    queryFn: async () => {
      const params = { path: { ws, name, version }, query: { direction } };
      return kind === 'data'
        ? await ok(api.GET('/api/v1/workspaces/{ws}/data/{name}/versions/{version}/lineage', { params }))
        : await ok(api.GET('/api/v1/workspaces/{ws}/models/{name}/versions/{version}/lineage-graph', { params }));
    },
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const ways = <SegmentedControl size="xs" aria-label="Which way" data={WAYS} value={direction} onChange={(way) => setDirection(way as Direction)} />;
  return (
    <Panel title="Lineage" flush aside={ways}>
      <Loaded query={query}>
        {(found) =>
          found.links.length === 0 ? (
            <Empty title="No lineage">No job of this workspace {direction === 'up' ? 'made' : direction === 'down' ? 'read' : 'made or read'} this version.</Empty>
          ) : (
            <Drawn ws={ws} found={found} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Drawn({ ws, found }: { ws: string; found: Found }) {
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const ids = useMemo(() => found.nodes.map((node) => node.id), [found]);
  const nodes = useMemo(() => new Map(found.nodes.map((node) => [node.id, node])), [found]);
  const show = (id: string) => {
    const node = nodes.get(id);
    if (node === undefined) return null;
    const { title, below, href } = nodeWords(node, ws);
    const shape = `node${node.kind === 'job' ? '' : ' round'}${id === found.start ? ' here' : ''}`;
    const body = (
      <>
        <b>{title}</b>
        <small>
          {node.kind === 'job' && node.state != null && <Dot status={node.state} />} {below}
        </small>
      </>
    );
    if (href === undefined) return <div className={shape} title={node.name}>{body}</div>;
    return (
      <A to={href} className={shape} title={node.id} style={node.kind === 'job' && node.state != null ? tinted(node.state) : undefined}>
        {body}
      </A>
    );
  };
  const rest = [
    found.hidden > 0 ? `${found.hidden.toLocaleString('en-US')} more that you may not see.` : '',
    found.cut ? 'There is more than is shown: this is the nearest of it.' : '',
  ].filter((text) => text !== '');
  return (
    <>
      <Suspense fallback={<Loading lines={6} />}>
        <Graph label="Lineage" nodes={ids} links={found.links} direction={narrow ? 'down' : 'right'} show={show} focus={found.start} />
      </Suspense>
      {rest.length > 0 && <Text size="sm" c="dimmed" p="xs">{rest.join(' ')}</Text>}
    </>
  );
}
