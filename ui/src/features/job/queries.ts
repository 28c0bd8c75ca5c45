/** Jobs from the API, as fresh as their state asks for. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { api, ok, type Schemas } from '../../api/client';
import { isOver } from '../../parts/Status';
import { nextName, specAgain } from './rerun';

export type Job = Schemas['Job'];
export type Archived = 'exclude' | 'include' | 'only';

/** How often something that lives is looked at again. */
const LIVE_MS = 2000;
/** How often a list is looked at again although nothing in it lives. */
const CALM_MS = 10_000;

const pace = (jobs: readonly Job[]) => (jobs.every((job) => isOver(job.status)) ? CALM_MS : LIVE_MS);

export interface JobFilter {
  status?: string;
  archived?: Archived;
}

export const jobsQuery = (ws: string, filter: JobFilter = {}, limit = 100) =>
  infiniteQueryOptions({
    queryKey: ['jobs', ws, filter, limit],
    queryFn: ({ pageParam }) =>
      ok(api.GET('/api/v1/workspaces/{ws}/jobs', { params: { path: { ws }, query: { ...filter, limit, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state }) => pace(state.data?.pages.flatMap((page) => page.items) ?? []),
  });

export const jobQuery = (ws: string, name: string) =>
  queryOptions({
    queryKey: ['job', ws, name],
    queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/jobs/{name}', { params: { path: { ws, name } } })),
    refetchInterval: ({ state }) => (state.data !== undefined && isOver(state.data.status) ? CALM_MS : LIVE_MS),
  });

/** The jobs of a pipeline's steps. */
export const stepsQuery = (ws: string, parent: string, live: boolean) =>
  queryOptions({
    queryKey: ['steps', ws, parent],
    queryFn: async () => {
      const query = { parent, limit: 1000, archived: 'include' };
      return (await ok(api.GET('/api/v1/workspaces/{ws}/jobs', { params: { path: { ws }, query } }))).items;
    },
    refetchInterval: live ? LIVE_MS : CALM_MS,
  });

export const filesQuery = (ws: string, name: string, live: boolean) =>
  queryOptions({
    queryKey: ['files', ws, name],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/jobs/{name}/files', { params: { path: { ws, name } } }))).files,
    refetchInterval: live ? 5000 : false,
  });

export const jobFileUrl = (ws: string, name: string, path: string) =>
  `/api/v1/workspaces/${encodeURIComponent(ws)}/jobs/${encodeURIComponent(name)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;

export const codeQuery = (ws: string, name: string) =>
  queryOptions({
    queryKey: ['code', ws, name],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/jobs/{name}/code', { params: { path: { ws, name } } }))).files,
    staleTime: Infinity,
  });

const segments = (path: string) => path.split('/').map(encodeURIComponent).join('/');

export const codeUrl = (ws: string, name: string, path: string) =>
  `/api/v1/workspaces/${encodeURIComponent(ws)}/jobs/${encodeURIComponent(name)}/code/${segments(path)}`;

export const patchJob = (ws: string, name: string, body: Schemas['PatchJob']) =>
  ok(api.PATCH('/api/v1/workspaces/{ws}/jobs/{name}', { params: { path: { ws, name } }, body }));

/** The same job once more, under a new name; of a pipeline, with the steps from one on done anew. */
export async function runAgain(ws: string, job: Job, from?: string): Promise<Job> {
  const name = nextName(job.name, Math.random);
  const body = { spec: specAgain(job.spec), properties: job.properties, rerun_from: from } as unknown as Schemas['PutJob'];
  return ok(api.PUT('/api/v1/workspaces/{ws}/jobs/{name}', { params: { path: { ws, name } }, body }));
}

export type Action = 'cancel' | 'retry' | 'resume' | 'archive' | 'restore';

const DONE: Record<Action, string> = {
  cancel: 'is being cancelled', retry: 'runs once more', resume: 'goes on', archive: 'is archived', restore: 'is shown again',
};

/** Does something to a job and shows what became of it. */
export function useAction(ws: string, name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: Action) =>
      ok(api.POST('/api/v1/workspaces/{ws}/jobs/{name}', { params: { path: { ws, name: `${name}:${action}` } } })),
    onSuccess: (job, action) => {
      client.setQueryData(jobQuery(ws, name).queryKey, job);
      void client.invalidateQueries({ queryKey: ['jobs', ws] });
      void client.invalidateQueries({ queryKey: ['steps', ws, name] });
      notifications.show({ message: `${job.display_name ?? name} ${DONE[action]}` });
    },
    onError: (error) => notifications.show({ color: 'red', title: 'That did not work', message: error.message }),
  });
}
