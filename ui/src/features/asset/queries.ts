/** Data, environments, components and models from the API: four nouns of one shape. */
import { queryOptions } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import type { AssetKind } from '../../pure/links';

export type Asset = Schemas['Asset'];
export type Version = Schemas['AssetVersion'];

const CALM_MS = 10_000;

/** The paths of the four nouns differ in one word; their answers are the same. */
const list = (kind: AssetKind) => `/api/v1/workspaces/{ws}/${kind}` as '/api/v1/workspaces/{ws}/models';
const one = (kind: AssetKind) => `/api/v1/workspaces/{ws}/${kind}/{name}` as '/api/v1/workspaces/{ws}/models/{name}';
const versions = (kind: AssetKind) =>
  `/api/v1/workspaces/{ws}/${kind}/{name}/versions` as '/api/v1/workspaces/{ws}/models/{name}/versions';
export const version = (kind: AssetKind) =>
  `/api/v1/workspaces/{ws}/${kind}/{name}/versions/{version}` as '/api/v1/workspaces/{ws}/models/{name}/versions/{version}';

export const label = (kind: AssetKind) =>
  `/api/v1/workspaces/{ws}/${kind}/{name}/labels/{label}` as '/api/v1/workspaces/{ws}/models/{name}/labels/{label}';

const query = { limit: 1000 };

export const assetsQuery = (ws: string, kind: AssetKind) =>
  queryOptions({
    queryKey: ['assets', ws, kind],
    queryFn: async () => (await ok(api.GET(list(kind), { params: { path: { ws }, query } }))).items,
    refetchInterval: CALM_MS,
  });

export const assetQuery = (ws: string, kind: AssetKind, name: string) =>
  queryOptions({
    queryKey: ['asset', ws, kind, name],
    queryFn: () => ok(api.GET(one(kind), { params: { path: { ws, name } } })),
    refetchInterval: CALM_MS,
  });

export const versionsQuery = (ws: string, kind: AssetKind, name: string) =>
  queryOptions({
    queryKey: ['versions', ws, kind, name],
    queryFn: async () => (await ok(api.GET(versions(kind), { params: { path: { ws, name }, query } }))).items,
    refetchInterval: CALM_MS,
  });

export const versionQuery = (ws: string, kind: AssetKind, name: string, number: string) =>
  queryOptions({
    queryKey: ['version', ws, kind, name, number],
    queryFn: () => ok(api.GET(version(kind), { params: { path: { ws, name, version: number } } })),
    refetchInterval: CALM_MS,
  });

/** What may change of a version; its content never does. */
export const patchVersion = (ws: string, kind: AssetKind, found: Version, body: Schemas['AssetPatch']) => {
  const { name, version: number, etag } = found;
  return ok(api.PATCH(version(kind), { params: { path: { ws, name, version: number }, header: { 'If-Match': `"${etag}"` } }, body }));
};
