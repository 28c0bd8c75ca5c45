/** Plans of infrastructure, what they manage, and what has moved since, from the API. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';

export type Plan = Schemas['InfraPlan'];
export type Step = Schemas['InfraStep'];
export type Gate = Schemas['InfraGate'];
export type Test = Schemas['InfraTest'];
export type Stack = Schemas['InfraStack'];
export type Drift = Schemas['InfraDrift'];

/** What the address of the list says. */
export interface InfraSearch {
  stack?: string;
  /** `pending`: what nobody applied yet. */
  show?: 'pending' | 'applied';
}

const LIVE_MS = 2_000;
const CALM_MS = 10_000;

/** Whether something goes on with a plan by itself. */
export const isBusy = ({ state, tests }: Plan) => state === 'applying' || tests.some((test) => test.state === 'running');

export const plansQuery = (stack: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['infra', 'plans', stack],
    queryFn: ({ pageParam }) => ok(api.GET('/api/v1/infra/plans', { params: { query: { stack, limit: 50, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: CALM_MS,
  });

export const planQuery = (plan: string) =>
  queryOptions({
    queryKey: ['infra', 'plan', plan],
    queryFn: () => ok(api.GET('/api/v1/infra/plans/{plan}', { params: { path: { plan } } })),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isBusy(data) ? LIVE_MS : CALM_MS),
  });

export const stacksQuery = queryOptions({
  queryKey: ['infra', 'stacks'],
  queryFn: async () => (await ok(api.GET('/api/v1/infra/stacks'))).items,
  refetchInterval: CALM_MS,
});

export const stackQuery = (stack: string) =>
  queryOptions({
    queryKey: ['infra', 'stack', stack],
    queryFn: () => ok(api.GET('/api/v1/infra/stacks/{stack}', { params: { path: { stack } } })),
    refetchInterval: CALM_MS,
  });

/** Every resource of the stack is looked at, so that it is asked less often. */
export const driftQuery = (stack: string) =>
  queryOptions({
    queryKey: ['infra', 'drift', stack],
    queryFn: () => ok(api.GET('/api/v1/infra/stacks/{stack}/drift', { params: { path: { stack } } })),
    refetchInterval: 3 * CALM_MS,
  });

export type Vote = 'approve' | 'reject';

export const vote = (plan: string, what: Vote, comment: string) =>
  ok(api.POST('/api/v1/infra/plans/{plan}', { params: { path: { plan: `${plan}:${what}` } }, body: { comment: comment === '' ? undefined : comment } }));
