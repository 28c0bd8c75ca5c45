/** Where each page is, and where links of other tools lead. */

const segment = encodeURIComponent;

export type AssetKind = 'models' | 'data' | 'environments' | 'components';

const KINDS: readonly string[] = ['models', 'data', 'environments', 'components'];

export const to = {
  home: (ws: string) => `/workspaces/${segment(ws)}`,
  jobs: (ws: string) => `${to.home(ws)}/jobs`,
  job: (ws: string, name: string) => `${to.jobs(ws)}/${segment(name)}`,
  runs: (ws: string) => `${to.home(ws)}/runs`,
  compare: (ws: string) => `${to.home(ws)}/compare`,
  run: (ws: string, id: string) => `${to.home(ws)}/runs/${segment(id)}`,
  assets: (ws: string, kind: AssetKind) => `${to.home(ws)}/${kind}`,
  asset: (ws: string, kind: AssetKind, name: string) => `${to.assets(ws, kind)}/${segment(name)}`,
  version: (ws: string, kind: AssetKind, name: string, version: string) =>
    `${to.asset(ws, kind, name)}/versions/${segment(version)}`,
  validation: (ws: string, name: string, id: string) => `${to.asset(ws, 'data', name)}/validations/${segment(id)}`,
  sql: (ws: string) => `${to.home(ws)}/sql`,
  datastores: (ws: string) => `${to.home(ws)}/datastores`,
  computes: (ws: string) => `${to.home(ws)}/computes`,
  endpoints: (ws: string) => `${to.home(ws)}/endpoints`,
  releases: (ws: string) => `${to.home(ws)}/releases`,
  schedules: (ws: string) => `${to.home(ws)}/schedules`,
  schedule: (ws: string, name: string) => `${to.schedules(ws)}/${segment(name)}`,
  pipelines: (ws: string) => `${to.home(ws)}/pipelines`,
  endpoint: (ws: string, name: string) => `${to.endpoints(ws)}/${segment(name)}`,
  audit: (ws: string) => `${to.home(ws)}/audit`,
  roles: (ws: string) => `${to.home(ws)}/roles`,
  infra: (ws: string) => `${to.home(ws)}/infra`,
  infraPlan: (ws: string, plan: string) => `${to.infra(ws)}/plans/${segment(plan)}`,
  infraStack: (ws: string, stack: string) => `${to.infra(ws)}/stacks/${segment(stack)}`,
  compute: (ws: string, name: string) => `${to.computes(ws)}/${segment(name)}`,
};

/** The page of `data/flights/3`; nothing for what is no asset. */
export function assetLink(ws: string, asset: string | null | undefined): string | undefined {
  const [kind = '', name = '', version = '', ...more] = (asset ?? '').split('/');
  if (!KINDS.includes(kind) || name === '' || more.length > 0) return undefined;
  return version === '' ? to.asset(ws, kind as AssetKind, name) : to.version(ws, kind as AssetKind, name, version);
}

/** The page that a link of MLflow's own (`#/experiments/1/runs/abc`) means; nothing for other fragments. */
export function mlflowLink(hash: string, ws: string): string | undefined {
  if (!hash.startsWith('#/')) return undefined;
  const [path = '', query = ''] = hash.slice(2).split('?');
  let parts = path.split('/').filter((part) => part !== '').map(decode);
  let workspace = new URLSearchParams(query).get('workspace') ?? ws;
  if (parts[0] === 'workspaces' && parts[1] !== undefined) {
    workspace = parts[1];
    parts = parts.slice(2);
  }
  const [noun, id, inner, innerId] = parts;
  if (noun === 'experiments' && inner === 'runs' && innerId !== undefined) return to.run(workspace, innerId);
  if (noun === 'runs' && id !== undefined) return to.run(workspace, id);
  if (noun === 'experiments') return id === undefined ? to.runs(workspace) : `${to.runs(workspace)}?experiments=${encodeURIComponent(JSON.stringify([id]))}`;
  if (noun === 'models' && id !== undefined && inner === 'versions' && innerId !== undefined) {
    return to.version(workspace, 'models', id, innerId);
  }
  if (noun === 'models') return id === undefined ? to.assets(workspace, 'models') : to.asset(workspace, 'models', id);
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
