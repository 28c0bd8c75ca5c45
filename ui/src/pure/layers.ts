/** Lays a graph without cycles in layers: each node below everything that it waits for, neighbours close together. */

export interface Link {
  from: string;
  to: string;
}

export interface Place {
  layer: number;
  /** Position within the layer, with the middle of the layer at 0. */
  offset: number;
}

/** Sweeps over the layers that bring neighbours together; more change nothing to see. */
const SWEEPS = 6;

export function layers(nodes: readonly string[], links: readonly Link[]): Map<string, Place> {
  const known = new Set(nodes);
  const before = new Map<string, string[]>(nodes.map((node) => [node, []]));
  const after = new Map<string, string[]>(nodes.map((node) => [node, []]));
  for (const { from, to } of links) {
    if (from === to || !known.has(from) || !known.has(to)) continue;
    before.get(to)?.push(from);
    after.get(from)?.push(to);
  }
  const depth = depths(nodes, before);
  const sparse: string[][] = [];
  for (const node of nodes) (sparse[depth.get(node) ?? 0] ??= []).push(node);
  const rows = sparse.filter((row) => row.length > 0);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    const near = down ? before : after;
    const position = new Map<string, number>();
    for (const row of down ? rows : [...rows].reverse()) {
      const wanted = new Map(row.map((node, at) => [node, middle(near.get(node) ?? [], position) ?? at - (row.length - 1) / 2]));
      row.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      row.forEach((node, at) => position.set(node, at - (row.length - 1) / 2));
    }
  }
  const places = new Map<string, Place>();
  rows.forEach((row, layer) => row.forEach((node, at) => places.set(node, { layer, offset: at - (row.length - 1) / 2 })));
  return places;
}

/** The longest way from a start; a cycle, which no plan has, ends where it begins. */
function depths(nodes: readonly string[], before: Map<string, string[]>): Map<string, number> {
  const depth = new Map<string, number>();
  const open = new Set<string>();
  const visit = (node: string): number => {
    const found = depth.get(node);
    if (found !== undefined) return found;
    if (open.has(node)) return 0;
    open.add(node);
    const deepest = Math.max(-1, ...(before.get(node) ?? []).map(visit));
    depth.set(node, deepest + 1);
    return deepest + 1;
  };
  nodes.forEach(visit);
  return depth;
}

function middle(near: string[], position: Map<string, number>): number | undefined {
  const at = near.map((node) => position.get(node)).filter((value) => value !== undefined);
  return at.length === 0 ? undefined : at.reduce((sum, value) => sum + value, 0) / at.length;
}
