/** A lineage as a graph: assets, and the jobs between them. Pure. */
import type { Schemas } from '../../api/client';
import type { Link } from '../../pure/layers';

export type LineageNode =
  | { id: string; kind: 'job'; job: Schemas['LineageJob'] }
  | { id: string; kind: 'asset'; asset: string }
  | { id: string; kind: 'source'; uri: string };

export interface LineageGraph {
  nodes: LineageNode[];
  links: (Link & { label: string })[];
}

/**
 * Each asset is a node once, however many jobs touch it. Bytes without a name that one job hands to another are a line
 * between the two; those that come from outside are a node; those that nobody reads are left out. A pipeline whose steps are
 * there is left out too, for they say the same more precisely.
 */
export function lineageGraph(all: readonly Schemas['LineageJob'][]): LineageGraph {
  const parents = new Set(all.map((job) => job.parent));
  const jobs = all.filter((job) => !parents.has(job.job));
  const nodes = new Map<string, LineageNode>();
  const links = new Map<string, Link & { label: string }>();
  const connect = (from: string, to: string, label: string) => links.set(`${from}>${to}`, { from, to, label });
  const makers = new Map<string, string[]>();
  for (const job of jobs) {
    const id = `job:${job.job}`;
    nodes.set(id, { id, kind: 'job', job });
    for (const edge of job.outputs) {
      const known = makers.get(edge.uri) ?? [];
      makers.set(edge.uri, [...known, id]);
      if (edge.asset == null) continue;
      const asset = `asset:${edge.asset}`;
      nodes.set(asset, { id: asset, kind: 'asset', asset: edge.asset });
      connect(id, asset, edge.port);
    }
  }
  for (const job of jobs) {
    const id = `job:${job.job}`;
    for (const edge of job.inputs) {
      const from = (makers.get(edge.uri) ?? []).filter((maker) => maker !== id);
      if (edge.asset != null) {
        const asset = `asset:${edge.asset}`;
        nodes.set(asset, { id: asset, kind: 'asset', asset: edge.asset });
        connect(asset, id, edge.port);
      } else if (from.length > 0) {
        for (const maker of from) connect(maker, id, edge.port);
      } else {
        const source = `source:${edge.uri}`;
        nodes.set(source, { id: source, kind: 'source', uri: edge.uri });
        connect(source, id, edge.port);
      }
    }
  }
  return { nodes: [...nodes.values()], links: [...links.values()] };
}
