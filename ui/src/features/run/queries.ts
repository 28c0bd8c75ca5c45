/** Experiments and runs from MLflow's API, and metrics from REST v1. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query';
import { Problem, signed } from '../../api/client';
import { getRun, listArtifacts, listExperiments, searchRuns, type Experiment, type Stage } from '../../api/mlflow';
import { orderBy, rowOf } from './columns';

/** Runs that are alive are looked at again this often even if nothing was heard of them. */
const LIVE_MS = 5000;

export const runQuery = (ws: string, id: string, live: boolean) =>
  queryOptions({ queryKey: ['run', ws, id], queryFn: () => getRun(ws, id), refetchInterval: live ? LIVE_MS : false });

export const experimentsQuery = (ws: string) =>
  queryOptions({ queryKey: ['experiments', ws], queryFn: () => listExperiments(ws), staleTime: 15_000 });

export interface ListSearch {
  experiments: readonly string[];
  filter?: string;
  order?: readonly string[];
  stage?: Stage;
}

/** All that the address says of the page of runs: a link to it is a view. */
export interface RunListSearch {
  experiments?: string[];
  filter?: string;
  /** A column; with `-` before it, from the largest down. */
  sort?: string;
  columns?: string[];
  deleted?: boolean;
}

/** What is asked of the server for that address; without experiments chosen, of all that there are. */
export function asked(search: RunListSearch, all: readonly Experiment[]): ListSearch {
  const experiments = search.experiments !== undefined && search.experiments.length > 0 ? search.experiments : all.map((each) => each.experiment_id);
  return { experiments, filter: search.filter, order: orderBy(search.sort), stage: search.deleted === true ? 'DELETED_ONLY' : undefined };
}

/** Asks for the first rows before the page that shows them is drawn. */
export async function warmRuns(client: QueryClient, ws: string, search: RunListSearch) {
  const experiments = await client.ensureQueryData(experimentsQuery(ws));
  await client.prefetchInfiniteQuery(runsQuery(ws, asked(search, experiments)));
}

/** The first page is on the screen at once; those after it are larger. */
export const FIRST_PAGE = 100;
const NEXT_PAGE = 1000;

export const runsQuery = (ws: string, search: ListSearch) =>
  infiniteQueryOptions({
    queryKey: ['runs', ws, search],
    queryFn: async ({ pageParam }) => {
      const { runs, next } = await searchRuns(ws, { ...search, page: pageParam, most: pageParam === undefined ? FIRST_PAGE : NEXT_PAGE });
      return { rows: runs.map(rowOf), next };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    // Pages are brought up to date one by one, where something changed.
    staleTime: Infinity,
    gcTime: 60_000,
  });

/** A stretch of points. A line through first, min, max and last looks like one through all of them. */
export interface Bucket {
  step_min: number;
  step_max: number;
  /** UTC milliseconds. */
  time_min: number;
  time_max: number;
  first?: number;
  last?: number;
  min?: number;
  max?: number;
  count: number;
}

export interface Reduced {
  key: string;
  points_total: number;
  buckets: Bucket[];
}

/** A chart has no more dots than this across. */
const BUCKETS = 600;

/** `last` is the newest point that is known of: while it stays, so does the history. */
export const seriesQuery = (ws: string, id: string, key: string, last: string) =>
  queryOptions({
    queryKey: ['series', ws, id, key, last],
    queryFn: async (): Promise<Reduced> => {
      const query = new URLSearchParams({ key, buckets: String(BUCKETS) });
      const url = `/api/v1/workspaces/${encodeURIComponent(ws)}/runs/${encodeURIComponent(id)}/metric-series?${query}`;
      const response = await fetch(url, { headers: signed() });
      const body: unknown = await response.json().catch(() => null);
      if (!response.ok) throw Problem.from(response.status, body);
      return body as Reduced;
    },
    staleTime: Infinity,
    gcTime: 30_000,
    placeholderData: (before) => (before?.key === key ? before : undefined),
  });

export const artifactsQuery = (ws: string, id: string, path: string) =>
  queryOptions({ queryKey: ['artifacts', ws, id, path], queryFn: () => listArtifacts(ws, id, path) });
