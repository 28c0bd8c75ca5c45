/** MLflow's REST API, below each workspace: experiments, runs and what they logged. */
import { Problem, signed } from './client';

export interface Metric {
  key: string;
  /** A number, or `NaN`, which JSON has only as text. */
  value: number | string;
  /** UTC milliseconds. */
  timestamp: number;
  step: number;
}

export interface KeyValue {
  key: string;
  value: string;
}

export interface Run {
  info: {
    run_id: string;
    run_name: string;
    experiment_id: string;
    status: 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
    start_time: number;
    end_time?: number;
    user_id: string;
    artifact_uri: string;
    lifecycle_stage: string;
  };
  data: { metrics?: Metric[]; params?: KeyValue[]; tags?: KeyValue[] };
  inputs?: { dataset_inputs?: { tags?: KeyValue[]; dataset: Dataset }[]; model_inputs?: { model_id: string }[] };
  outputs?: { model_outputs?: { model_id: string; step?: number }[] };
}

export interface Dataset {
  name: string;
  digest: string;
  source_type: string;
  source: string;
  /** JSON: rows, columns and the like. */
  profile?: string;
}

export interface Artifact {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

export interface Experiment {
  experiment_id: string;
  name: string;
  lifecycle_stage: string;
  last_update_time?: number;
  tags?: KeyValue[];
}

export type Stage = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';

export interface RunSearch {
  experiments: readonly string[];
  filter?: string;
  order?: readonly string[];
  stage?: Stage;
  most: number;
  page?: string;
}

export interface RunPage {
  runs: Run[];
  next?: string;
}

const base = (ws: string) => `/workspaces/${encodeURIComponent(ws)}/ajax-api/2.0/mlflow/`;

async function answer<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked;
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw Problem.from(response.status, body);
  return body as T;
}

const get = <T>(ws: string, path: string, query: Record<string, string>) =>
  answer<T>(fetch(`${base(ws)}${path}?${new URLSearchParams(query)}`, { headers: signed() }));

const send = <T>(ws: string, path: string, body: unknown, method = 'POST') =>
  answer<T>(fetch(base(ws) + path, { method, headers: signed({ 'content-type': 'application/json' }), body: JSON.stringify(body) }));

export async function getRun(ws: string, id: string): Promise<Run> {
  return (await get<{ run: Run }>(ws, 'runs/get', { run_id: id })).run;
}

/** All experiments that are not deleted, the newest first. */
export async function listExperiments(ws: string): Promise<Experiment[]> {
  const all: Experiment[] = [];
  let page = '';
  do {
    const query: Record<string, string> = { max_results: '1000' };
    if (page !== '') query.page_token = page;
    const found = await get<{ experiments?: Experiment[]; next_page_token?: string }>(ws, 'experiments/search', query);
    all.push(...(found.experiments ?? []));
    page = found.next_page_token ?? '';
  } while (page !== '');
  return all;
}

export async function getExperiment(ws: string, id: string): Promise<Experiment> {
  return (await get<{ experiment: Experiment }>(ws, 'experiments/get', { experiment_id: id })).experiment;
}

/** Every point of a metric, the oldest first. */
export async function metricHistory(ws: string, id: string, key: string): Promise<Metric[]> {
  const all: Metric[] = [];
  let page = '';
  do {
    const query: Record<string, string> = { run_id: id, metric_key: key, max_results: '25000' };
    if (page !== '') query.page_token = page;
    const found = await get<{ metrics?: Metric[]; next_page_token?: string }>(ws, 'metrics/get-history', query);
    all.push(...(found.metrics ?? []));
    page = found.next_page_token ?? '';
  } while (page !== '');
  return all;
}

export async function searchRuns(ws: string, search: RunSearch): Promise<RunPage> {
  const body = {
    experiment_ids: search.experiments, filter: search.filter, order_by: search.order, run_view_type: search.stage ?? 'ACTIVE_ONLY',
    max_results: search.most, page_token: search.page,
  };
  const found = await send<{ runs?: Run[]; next_page_token?: string }>(ws, 'runs/search', body);
  return { runs: found.runs ?? [], next: found.next_page_token === '' ? undefined : found.next_page_token };
}

export const setTag = (ws: string, id: string, key: string, value: string) => send(ws, 'runs/set-tag', { run_id: id, key, value });
export const deleteTag = (ws: string, id: string, key: string) => send(ws, 'runs/delete-tag', { run_id: id, key });
export const deleteRun = (ws: string, id: string) => send(ws, 'runs/delete', { run_id: id });
export const restoreRun = (ws: string, id: string) => send(ws, 'runs/restore', { run_id: id });
export const renameRun = (ws: string, id: string, name: string) => send(ws, 'runs/update', { run_id: id, run_name: name });

export const setExperimentTag = (ws: string, id: string, key: string, value: string) =>
  send(ws, 'experiments/set-experiment-tag', { experiment_id: id, key, value });
export const deleteExperimentTag = (ws: string, id: string, key: string) =>
  send(ws, 'experiments/delete-experiment-tag', { experiment_id: id, key });

/** A new version of a registered model, which is made where there is none. */
export async function registerModel(ws: string, name: string, source: string, run: string): Promise<string> {
  try {
    await send(ws, 'registered-models/create', { name });
  } catch (error) {
    if (!(error instanceof Problem) || !/already exists/i.test(error.message)) throw error;
  }
  const made = await send<{ model_version: { version: string } }>(ws, 'model-versions/create', { name, source, run_id: run });
  return made.model_version.version;
}

/** What is in one folder of a run's artifacts. */
export async function listArtifacts(ws: string, id: string, path: string): Promise<Artifact[]> {
  const query: Record<string, string> = path === '' ? { run_id: id } : { run_id: id, path };
  return (await get<{ files?: Artifact[] }>(ws, 'artifacts/list', query)).files ?? [];
}

export function artifactUrl(ws: string, id: string, path: string): string {
  return `/workspaces/${encodeURIComponent(ws)}/get-artifact?${new URLSearchParams({ run_id: id, path })}`;
}
