/** MLflow's REST API, below each workspace: what a run logged. */
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
}

export interface Artifact {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

/** More points than this are not drawn one by one anyway. */
const MOST_POINTS = 25_000;

async function get<T>(ws: string, path: string, query: Record<string, string>): Promise<T> {
  const url = `/workspaces/${encodeURIComponent(ws)}/api/2.0/mlflow/${path}?${new URLSearchParams(query)}`;
  const response = await fetch(url, { headers: signed() });
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw Problem.from(response.status, body);
  return body as T;
}

export async function getRun(ws: string, id: string): Promise<Run> {
  return (await get<{ run: Run }>(ws, 'runs/get', { run_id: id })).run;
}

/** The points of one metric, by time. */
export async function getHistory(ws: string, id: string, key: string): Promise<Metric[]> {
  const query = { run_id: id, metric_key: key, max_results: String(MOST_POINTS) };
  return (await get<{ metrics?: Metric[] }>(ws, 'metrics/get-history', query)).metrics ?? [];
}

/** What is in one folder of a run's artifacts. */
export async function listArtifacts(ws: string, id: string, path: string): Promise<Artifact[]> {
  const query: Record<string, string> = path === '' ? { run_id: id } : { run_id: id, path };
  return (await get<{ files?: Artifact[] }>(ws, 'artifacts/list', query)).files ?? [];
}

export function artifactUrl(ws: string, id: string, path: string): string {
  return `/workspaces/${encodeURIComponent(ws)}/get-artifact?${new URLSearchParams({ run_id: id, path })}`;
}
