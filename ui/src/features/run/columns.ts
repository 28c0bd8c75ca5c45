/** Rows and columns of the table of runs. Pure. */
import type { Run } from '../../api/mlflow';
import { filterKey } from '../../pure/filter';

/** A run, as lean as a table of 100,000 needs it. */
export interface Row {
  id: string;
  name: string;
  status: string;
  experiment: string;
  user: string;
  start: number;
  end?: number;
  deleted: boolean;
  metrics: Readonly<Record<string, number | string>>;
  params: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
}

export function rowOf({ info, data }: Run): Row {
  return {
    id: info.run_id, name: info.run_name || info.run_id, status: info.status, experiment: info.experiment_id, user: info.user_id,
    start: info.start_time, end: info.end_time, deleted: info.lifecycle_stage === 'deleted',
    metrics: Object.fromEntries((data.metrics ?? []).map(({ key, value }) => [key, value])),
    params: Object.fromEntries((data.params ?? []).map(({ key, value }) => [key, value])),
    tags: Object.fromEntries((data.tags ?? []).map(({ key, value }) => [key, value])),
  };
}

/** A column is named as the filter names what it shows: `metrics.loss`, `attributes.user_id`. */
export interface RunColumn {
  id: string;
  kind: 'metrics' | 'params' | 'tags' | 'attributes';
  key: string;
}

export function columnOf(id: string): RunColumn | undefined {
  const kind = (['metrics', 'params', 'tags', 'attributes'] as const).find((each) => id.startsWith(`${each}.`));
  return kind === undefined ? undefined : { id, kind, key: id.slice(kind.length + 1) };
}

export const ATTRIBUTES = { experiment: 'Experiment', start_time: 'Started', duration: 'Lasted', user_id: 'By', run_id: 'Run id' } as const;

export interface Keys {
  metrics: string[];
  params: string[];
  tags: string[];
}

const isOwn = (key: string) => key.startsWith('mlflow.') || key.startsWith('azureml.');

/** The keys that these runs have, those of most runs first; the first thousand runs say enough. */
export function keysOf(rows: readonly Row[]): Keys {
  const counts = { metrics: new Map<string, number>(), params: new Map<string, number>(), tags: new Map<string, number>() };
  for (const row of rows.slice(0, 1000)) {
    for (const kind of ['metrics', 'params', 'tags'] as const) {
      for (const key of Object.keys(row[kind])) counts[kind].set(key, (counts[kind].get(key) ?? 0) + 1);
    }
  }
  const sorted = (of: Map<string, number>) => [...of].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([key]) => key);
  const tags = sorted(counts.tags);
  return { metrics: sorted(counts.metrics), params: sorted(counts.params), tags: [...tags.filter((key) => !isOwn(key)), ...tags.filter(isOwn)] };
}

/** What is shown as long as nobody has chosen. */
export function usualColumns({ metrics, params, tags }: Keys, experiments: number): string[] {
  return [
    'attributes.start_time', 'attributes.duration', ...(experiments > 1 ? ['attributes.experiment'] : []),
    ...metrics.slice(0, 4).map((key) => `metrics.${key}`), ...params.slice(0, 3).map((key) => `params.${key}`),
    ...tags.filter((key) => !isOwn(key)).slice(0, 1).map((key) => `tags.${key}`),
  ];
}

/** The table as it is shown, for a file: name, id, status, then the columns; times as ISO 8601, durations in seconds. */
export function tableOf(rows: readonly Row[], shown: readonly string[], experiments: ReadonlyMap<string, string>): (string | number | undefined)[][] {
  const columns = shown.map(columnOf).filter((column) => column !== undefined);
  const value = (row: Row, { kind, key }: RunColumn) => {
    if (kind !== 'attributes') return row[kind][key];
    if (key === 'start_time') return row.start > 0 ? new Date(row.start).toISOString() : undefined;
    if (key === 'duration') return row.start > 0 && row.end !== undefined ? (row.end - row.start) / 1000 : undefined;
    if (key === 'experiment') return experiments.get(row.experiment) ?? row.experiment;
    return key === 'user_id' ? row.user : row.id;
  };
  const head = columns.map(({ kind, key }) => (key === 'duration' && kind === 'attributes' ? 'duration_s' : kind === 'attributes' ? key : `${kind}.${key}`));
  return [['run_name', 'run_id', 'status', ...head], ...rows.map((row) => [row.name, row.id, row.status, ...columns.map((column) => value(row, column))])];
}

/** How the server orders by a column: `metrics.loss DESC`; nothing for what it cannot order by. */
export function orderBy(sort: string | undefined): string[] | undefined {
  if (sort === undefined) return undefined;
  const down = sort.startsWith('-');
  const column = columnOf(down ? sort.slice(1) : sort);
  if (column === undefined || !sortable(column)) return undefined;
  return [`${filterKey(column.kind, column.key)} ${down ? 'DESC' : 'ASC'}`];
}

export const sortable = ({ kind, key }: RunColumn) => kind !== 'attributes' || ['start_time', 'end_time', 'status', 'user_id', 'run_id', 'run_name'].includes(key);
