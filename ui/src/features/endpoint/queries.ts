/** Online endpoints and their deployments from the API. */
import { queryOptions } from '@tanstack/react-query';
import { api, ok, Problem, signed, type Schemas } from '../../api/client';

export type Endpoint = Schemas['OnlineEndpoint'];
export type Deployment = Schemas['OnlineDeployment'];

const CALM_MS = 10_000;
const LIVE_MS = 2_000;

export const endpointsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['endpoints', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/online-endpoints', { params: { path: { ws }, query: { limit: 1000 } } }))).items,
    refetchInterval: CALM_MS,
  });

export const endpointQuery = (ws: string, name: string) =>
  queryOptions({
    queryKey: ['endpoint', ws, name],
    queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/online-endpoints/{name}', { params: { path: { ws, name } } })),
    refetchInterval: CALM_MS,
  });

export const deploymentsQuery = (ws: string, endpoint: string) =>
  queryOptions({
    queryKey: ['deployments', ws, endpoint],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/online-endpoints/{endpoint}/deployments', { params: { path: { ws, endpoint } } }))).items,
    refetchInterval: LIVE_MS,
  });

export const figuresQuery = (ws: string, name: string) =>
  queryOptions({
    queryKey: ['figures', ws, name],
    queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/online-endpoints/{name}/figures', { params: { path: { ws, name } } })),
    refetchInterval: LIVE_MS,
  });

export const logQuery = (ws: string, endpoint: string, name: string, container: string) =>
  queryOptions({
    queryKey: ['deployment log', ws, endpoint, name, container],
    queryFn: () =>
      ok(api.GET('/api/v1/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}/logs', {
        params: { path: { ws, endpoint, name }, query: { lines: 2000, container } },
      })),
    refetchInterval: LIVE_MS,
  });

export const requestsQuery = (ws: string, endpoint: string, name: string) =>
  queryOptions({
    queryKey: ['deployment requests', ws, endpoint, name],
    queryFn: async () =>
      (await ok(api.GET('/api/v1/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}/requests', {
        params: { path: { ws, endpoint, name }, query: { limit: 200 } },
      }))).items,
    refetchInterval: LIVE_MS,
  });

/** Sends the requests elsewhere, if nobody else has changed the endpoint meanwhile. */
export function putTraffic(ws: string, endpoint: Endpoint, traffic: Record<string, number>) {
  const { name, etag, spec } = endpoint;
  return ok(api.PUT('/api/v1/workspaces/{ws}/online-endpoints/{name}', {
    params: { path: { ws, name }, header: { 'If-Match': `"${etag}"` } },
    body: { ...(spec as object), traffic } as never,
  }));
}

/** An answer as it came. */
export interface Answered {
  status: number;
  deployment: string | null;
  request: string | null;
  took: number;
  text: string;
}

/** Sends a request as a caller would; an answer that is no 2xx is an answer too. */
export async function score(ws: string, endpoint: string, deployment: string | null, body: string): Promise<Answered> {
  const headers = signed({ 'content-type': 'application/json' });
  if (deployment !== null) headers.set('azureml-model-deployment', deployment);
  const started = performance.now();
  const path = `/api/v1/workspaces/${encodeURIComponent(ws)}/online-endpoints/${encodeURIComponent(endpoint)}/score`;
  const answer = await fetch(path, { method: 'POST', headers, body });
  const text = await answer.text();
  if (answer.status === 401 || answer.status === 403) throw Problem.from(answer.status, JSON.parse(text || '{}'));
  return {
    status: answer.status,
    deployment: answer.headers.get('azureml-model-deployment'),
    request: answer.headers.get('x-request-id'),
    took: performance.now() - started,
    text,
  };
}
