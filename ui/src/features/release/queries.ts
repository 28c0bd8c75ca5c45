/** Releases of all workspaces of a group, their histories, and what is done with them, from the API. */
import { queryOptions } from '@tanstack/react-query';
import { api, ok, Problem, type Schemas } from '../../api/client';

export type Release = Schemas['Release'];
export type ReleaseStage = Schemas['ReleaseStage'];
export type ReleaseEvent = Schemas['ReleaseEvent'];

const LIVE_MS = 2_000;
const CALM_MS = 10_000;

/** What may not be seen is not there. */
async function seen<T>(asked: Promise<T[]>): Promise<T[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Problem && (error.status === 403 || error.status === 404)) return [];
    throw error;
  }
}

interface Place {
  name: string;
  stage: string;
}

/** What the board shows. */
export interface BoardData {
  places: Place[];
  releases: Release[];
}

/** The workspaces of the group of this one that have a stage. */
async function places(ws: string): Promise<Place[]> {
  const all = (await ok(api.GET('/api/v1/workspaces', { params: { query: { limit: 1000 } } }))).items;
  const group = all.find(({ name }) => name === ws)?.group;
  return all.filter((one) => one.group === group).flatMap(({ name, spec }) => {
    const stage = (spec as { stage?: unknown }).stage;
    return typeof stage === 'string' ? [{ name, stage }] : [];
  });
}

const released = (ws: string) =>
  seen(ok(api.GET('/api/v1/workspaces/{ws}/releases', { params: { path: { ws } } })).then(({ items }) => items));

/** Every release of the group, newest first. */
export const boardQuery = (ws: string) =>
  queryOptions({
    queryKey: ['releases', ws],
    queryFn: async (): Promise<BoardData> => {
      const there = await places(ws);
      const all = (await Promise.all([...new Set([...there.map(({ name }) => name), ws])].map(released))).flat();
      return { places: there, releases: all.sort((a, b) => b.created_at - a.created_at) };
    },
    refetchInterval: LIVE_MS,
  });

/** What happened in the workspaces of a stage, newest first. */
export const lineQuery = (workspaces: readonly string[]) =>
  queryOptions({
    queryKey: ['release history', ...workspaces],
    queryFn: async () => {
      const of = (ws: string) =>
        seen(ok(api.GET('/api/v1/workspaces/{ws}/release-history', { params: { path: { ws }, query: {} } })).then(({ items }) => items));
      return (await Promise.all(workspaces.map(of))).flat().sort((a, b) => b.at - a.at);
    },
    refetchInterval: CALM_MS,
  });

export type Glass = Schemas['BreakGlass'];

/** Where changes without a release are asked for, or may be made now. */
export const glassQuery = (workspaces: readonly string[]) =>
  queryOptions({
    queryKey: ['break-glass', ...workspaces],
    queryFn: async () => {
      const of = (ws: string) => seen(ok(api.GET('/api/v1/workspaces/{ws}/break-glass', { params: { path: { ws } } })).then(({ items }) => items));
      return (await Promise.all(workspaces.map(of))).flat().filter(({ state }) => state === 'Asked' || state === 'Open');
    },
    refetchInterval: CALM_MS,
  });

export const actOnGlass = ({ workspace, id }: Glass, action: 'approve' | 'close') =>
  ok(api.POST('/api/v1/workspaces/{ws}/break-glass/{name}', { params: { path: { ws: workspace, name: `${id}:${action}` } } }));

export type Act = 'promote' | 'approve' | 'reject' | 'rollback';

export function act({ workspace, name, number }: Release, action: Act, stage: string | undefined, comment: string) {
  return ok(api.POST('/api/v1/workspaces/{ws}/releases/{name}', {
    params: { path: { ws: workspace, name: `${name}:${action}` } },
    body: { number, stage, comment: comment === '' ? undefined : comment },
  }));
}
