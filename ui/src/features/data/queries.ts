/** Profiles, histories and queries of data from the API. */
import { queryOptions } from '@tanstack/react-query';
import { api, ok, Problem, signed, type Schemas } from '../../api/client';

export type Answer = Schemas['QueryAnswer'];
export type Row = Record<string, unknown>;

export interface Histogram {
  edges: number[];
  labels?: string[];
  counts: number[];
}

export interface ColumnProfile {
  name: string;
  type: string;
  count: number;
  missing: number;
  exact: boolean;
  distinct: { value: number; standard_error: number };
  constant: boolean;
  key: 'certain' | 'likely' | null;
  min?: unknown;
  max?: unknown;
  numbers?: { mean: number | null; standard_deviation: number | null; zeros: number; quantiles: Record<string, number> };
  histogram?: Histogram;
  top: { value: unknown; count: number }[];
  categories?: unknown[];
  text?: unknown;
}

export interface Profile {
  rows: number;
  columns: ColumnProfile[];
  duplicate_rows: { value: number; standard_error: number };
  correlations: { left: string; right: string; pearson?: number; spearman?: number; cramers_v?: number }[];
  missing_together: { left: string; right: string; rows: number; share: number }[];
}

/** The profile of a version, or of one table in it. It is read once, and may take a while then. */
export const profileQuery = (ws: string, name: string, version: string, path: string) =>
  queryOptions({
    queryKey: ['profile', ws, name, version, path],
    queryFn: async () =>
      (await ok(
        api.GET('/api/v1/workspaces/{ws}/data/{name}/versions/{version}/profile', {
          params: { path: { ws, name, version }, query: path === '' ? {} : { path } },
        }),
      )) as unknown as Profile,
    staleTime: Infinity,
    retry: false,
  });

export interface Statistic {
  version: string;
  table: string;
  created_at: string;
  column: string;
  statistic: string;
  value: number | null;
}

export interface Expectation {
  version: string;
  table: string;
  validated_at: string;
  baseline: string;
  passed: boolean;
  errors: number;
  warnings: number;
  column: string;
  expected: string;
  found: string;
  met: boolean;
  level: 'error' | 'warning';
}

/** What is kept of data over time; nothing where nothing is kept yet. */
export const historyQuery = <T,>(ws: string, name: string, of: 'statistics' | 'validations') =>
  queryOptions({
    queryKey: ['data history', ws, name, of],
    queryFn: async (): Promise<T[]> => {
      const { data, error, response } = await api.GET('/api/v1/workspaces/{ws}/data/{name}/history', { params: { path: { ws, name }, query: { of } } });
      if (response.status === 404) return [];
      if (!response.ok || data === undefined) throw Problem.from(response.status, error);
      return data.rows as T[];
    },
    refetchInterval: 30_000,
  });

export type Validation = Schemas['DataValidation'];

/** What validations found, the youngest first. */
export const validationsQuery = (ws: string, name: string) =>
  queryOptions({
    queryKey: ['data validations', ws, name],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/data/{name}/validations', { params: { path: { ws, name }, query: { limit: 200 } } }))).items,
    refetchInterval: 30_000,
  });

/** The page of a validation. */
export const reportQuery = (ws: string, name: string, id: string) =>
  queryOptions({
    queryKey: ['data validation report', ws, name, id],
    queryFn: async () =>
      (await ok(
        api.GET('/api/v1/workspaces/{ws}/data/{name}/validations/{id}/report', { params: { path: { ws, name, id } }, parseAs: 'text' }),
      )) as unknown as string,
    staleTime: Infinity,
  });

export const ask = (ws: string, sql: string, signal: AbortSignal) =>
  ok(api.POST('/api/v1/workspaces/{ws}/data:query', { params: { path: { ws } }, body: { sql, rows: 5000 }, signal }));

/** The whole answer as CSV, into a file of the one who asks. */
export async function saveCsv(ws: string, sql: string) {
  const response = await fetch(`/api/v1/workspaces/${encodeURIComponent(ws)}/data:query`, {
    method: 'POST', headers: signed({ 'content-type': 'application/json' }), body: JSON.stringify({ sql, format: 'csv' }),
  });
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => null));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = 'query.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}
