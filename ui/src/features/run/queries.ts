/** Runs from MLflow's API. */
import { queryOptions } from '@tanstack/react-query';
import { getHistory, getRun, listArtifacts } from '../../api/mlflow';

export const runQuery = (ws: string, id: string, live: boolean) =>
  queryOptions({ queryKey: ['run', ws, id], queryFn: () => getRun(ws, id), refetchInterval: live ? 2000 : false });

/** `last` is the newest point that is known of: while it stays, so does the history. */
export const historyQuery = (ws: string, id: string, key: string, last: string) =>
  queryOptions({
    queryKey: ['history', ws, id, key, last],
    queryFn: () => getHistory(ws, id, key),
    staleTime: Infinity,
    placeholderData: (before) => before,
  });

export const artifactsQuery = (ws: string, id: string, path: string) =>
  queryOptions({ queryKey: ['artifacts', ws, id, path], queryFn: () => listArtifacts(ws, id, path) });
