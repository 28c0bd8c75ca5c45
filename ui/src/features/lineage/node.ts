/** What a node of a lineage says of itself, and where it leads. Pure. */
import type { Schemas } from '../../api/client';
import { short } from '../../pure/format';
import { to } from '../../pure/links';

type Node = Schemas['LineageNode'];

export interface NodeWords {
  title: string;
  below: string;
  /** The page of it; none for bytes from outside. */
  href?: string;
}

/** `home` is the workspace of the page: what lies in another one says so. */
export function nodeWords(node: Node, home: string): NodeWords {
  const { workspace: ws, name, version, state, facts } = node;
  const where = ws === home ? '' : ` · ${ws}`;
  const fact = (key: string) => facts[key] ?? '';
  switch (node.kind) {
    case 'job':
      return { title: name, below: [state, fact('commit') === '' ? '' : short(fact('commit')).slice(0, 8)].filter((text) => text).join(' · ') + where, href: to.job(ws, fact('job')) };
    case 'data':
    case 'model': {
      const kind = node.kind === 'model' ? 'models' : 'data';
      return { title: name, below: `${node.kind} · version ${version ?? ''}${where}`, href: to.version(ws, kind, name, version ?? '') };
    }
    case 'deployment':
      return { title: name, below: `deployment · ${fact('traffic_percent')} % of requests${where}`, href: to.endpoint(ws, fact('endpoint')) };
    case 'endpoint':
      return { title: name, below: `endpoint${where}`, href: to.endpoint(ws, name) };
    case 'release':
      return { title: `${name}:${version ?? ''}`, below: state ?? 'release', href: to.releases(ws) };
    default:
      return { title: name.replace(/\/+$/, '').split('/').pop() ?? name, below: name };
  }
}
