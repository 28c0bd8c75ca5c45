/** Experiments and runs from MLflow's API, and metrics from REST v1. */
import { infiniteQueryOptions, keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { getRun, listArtifacts, listExperiments, searchRuns, type Experiment, type Metric, type Stage } from '../../api/mlflow';
import { orderBy, rowOf } from './columns';
import type { Stretch } from './series';

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

/** A metric, reduced for a chart; and one stretch of its points. */
export type Reduced = Schemas['MetricSeries'];
export type Bucket = Schemas['MetricBucket'];

/** A chart has no more dots than this across. */
const BUCKETS = 600;

/** The newest point in a word: changes with each that is logged. */
export const lastOf = ({ step, timestamp, value }: Metric) => `${step} ${timestamp} ${value}`;

/** `last` is the newest point that is known of: while it stays, so does the history. */
export const seriesQuery = (ws: string, id: string, key: string, last: string) =>
  queryOptions({
    queryKey: ['series', ws, id, key, last],
    queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/runs/{run}/metric-series', { params: { path: { ws, run: id }, query: { key, buckets: BUCKETS } } })),
    staleTime: Infinity,
    gcTime: 30_000,
    placeholderData: (before) => (before?.key === key ? before : undefined),
  });

/** How many points one answer can show each by itself. */
export const EXACT_POINTS = BUCKETS;

/** A stretch of a metric, as fine as the whole is drawn. */
export const stretchQuery = (ws: string, id: string, key: string, last: string, stretch: Stretch) =>
  queryOptions({
    queryKey: ['series', ws, id, key, last, stretch],
    queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/runs/{run}/metric-series', { params: { path: { ws, run: id }, query: { key, buckets: BUCKETS, ...stretch } } })),
    staleTime: Infinity,
    gcTime: 30_000,
    placeholderData: keepPreviousData,
  });

export const artifactsQuery = (ws: string, id: string, path: string) =>
  queryOptions({ queryKey: ['artifacts', ws, id, path], queryFn: () => listArtifacts(ws, id, path) });
