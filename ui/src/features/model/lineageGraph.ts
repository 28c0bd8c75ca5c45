/** A lineage as a graph: assets, and the jobs between them. Pure. */
import type { Schemas } from '../../api/client';
import type { Link } from '../../pure/layers';

type Job = Schemas['LineageJob'];

export type LineageNode =
  | { id: string; kind: 'job'; job: Job }
  | { id: string; kind: 'asset'; asset: string }
  | { id: string; kind: 'source'; uri: string };

export interface LineageGraph {
  nodes: LineageNode[];
  links: (Link & { label: string })[];
}

/**
 * What stands behind one asset. Each asset is a node once, however many jobs touch it. Bytes without a name that one job hands
 * to another are a line between the two; those that come from outside are a node. A pipeline whose steps are there is left out,
 * for they say the same more precisely, and so is everything that does not lead to the asset.
 */
export function lineageGraph(all: readonly Job[], asset: string, maker: string | undefined): LineageGraph {
  const parents = new Set(all.map((job) => job.parent));
  const jobs = all.filter((job) => !parents.has(job.job));
  const nodes = new Map<string, LineageNode>();
  const links = new Map<string, Link & { label: string }>();
  const connect = (from: string, to: string, label: string) => links.set(`${from}>${to}`, { from, to, label });
  const addAsset = (name: string): string => {
    const id = `asset:${name}`;
    nodes.set(id, { id, kind: 'asset', asset: name });
    return id;
  };
  const here = addAsset(asset);
  for (const job of jobs) {
    const id = `job:${job.job}`;
    nodes.set(id, { id, kind: 'job', job });
    for (const { asset: made, port } of job.outputs) if (made != null) connect(id, addAsset(made), port);
    for (const { asset: read, uri, port } of job.inputs) {
      const from = makerOf(jobs, job, uri);
      if (read != null) {
        connect(addAsset(read), id, port);
      } else if (from !== undefined) {
        connect(`job:${from.job}`, id, port);
      } else {
        const source = `source:${uri}`;
        nodes.set(source, { id: source, kind: 'source', uri });
        connect(source, id, port);
      }
    }
  }
  // A client may have registered it from a run, which then knows of no output.
  const known = [...links.values()].some((link) => link.to === here);
  if (!known && maker !== undefined && nodes.has(`job:${maker}`)) connect(`job:${maker}`, here, '');
  const leading = behind(here, [...links.values()]);
  return {
    nodes: [...nodes.values()].filter((node) => leading.has(node.id)),
    links: [...links.values()].filter((link) => leading.has(link.from) && leading.has(link.to)),
  };
}

/** Who made the bytes that a job read: of several that took the same over, the one in the same pipeline, else the last found. */
function makerOf(jobs: readonly Job[], reader: Job, uri: string): Job | undefined {
  const makers = jobs.filter((job) => job !== reader && job.outputs.some((edge) => edge.uri === uri));
  return makers.find((job) => job.parent != null && job.parent === reader.parent) ?? makers.at(-1);
}

function behind(start: string, links: readonly Link[]): Set<string> {
  const found = new Set([start]);
  for (const node of found) for (const link of links) if (link.to === node) found.add(link.from);
  return found;
}
