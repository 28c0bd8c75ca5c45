/** Where a model version comes from, drawn: data, the jobs between, the model. */
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo } from 'react';
import { api, ok } from '../../api/client';
import { assetLink, to } from '../../pure/links';
import { short } from '../../pure/format';
import { A } from '../../parts/A';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded, Loading } from '../../parts/States';
import { Dot, statusWord, tinted } from '../../parts/Status';
import { lineageGraph, type LineageGraph } from './lineageGraph';

const Graph = lazy(() => import('../../parts/Graph'));

interface Props {
  ws: string;
  name: string;
  version: string;
  /** The job or run that is known to have made it. */
  maker?: string;
}

export function Lineage({ ws, name, version, maker }: Props) {
  const query = useQuery({
    queryKey: ['lineage', ws, name, version],
    queryFn: async () => {
      const path = { ws, name, version };
      return (await ok(api.GET('/api/v1/workspaces/{ws}/models/{name}/versions/{version}/lineage', { params: { path } }))).jobs;
    },
    staleTime: 30_000,
  });
  const asset = `models/${name}/${version}`;
  const graph = useMemo(() => lineageGraph(query.data ?? [], asset, maker), [query.data, asset, maker]);
  return (
    <Panel title="Lineage" flush>
      <Loaded query={query}>
        {() =>
          graph.links.length === 0 ? (
            <Empty title="No lineage">No job of this workspace made this version.</Empty>
          ) : (
            <Drawn ws={ws} graph={graph} here={`asset:${asset}`} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Drawn({ ws, graph, here }: { ws: string; graph: LineageGraph; here: string }) {
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const ids = useMemo(() => graph.nodes.map((node) => node.id), [graph]);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const show = (id: string) => {
    const node = nodes.get(id);
    if (node?.kind === 'job') {
      const { job, commit, status } = node.job;
      return (
        <A to={to.job(ws, job)} className="node" title={job} style={tinted(status)}>
          <b>{node.job.node ?? job}</b>
          <small>
            <Dot status={status} /> {statusWord(status)} {commit != null && <span className="mono">{short(commit).slice(0, 8)}</span>}
          </small>
        </A>
      );
    }
    if (node?.kind === 'asset') {
      const [kind, name, version] = node.asset.split('/');
      return (
        <A to={assetLink(ws, node.asset) ?? to.home(ws)} className={id === here ? 'node round here' : 'node round'} title={node.asset}>
          <b>{name}</b>
          <small>
            {kind === 'models' ? 'model' : kind} · version {version}
          </small>
        </A>
      );
    }
    return (
      <div className="node round" title={node?.uri}>
        <b>{node?.uri.replace(/\/+$/, '').split('/').pop()}</b>
        <small>{node?.uri}</small>
      </div>
    );
  };
  return (
    <Suspense fallback={<Loading lines={6} />}>
      <Graph label="Lineage" nodes={ids} links={graph.links} direction={narrow ? 'down' : 'right'} show={show} />
    </Suspense>
  );
}
