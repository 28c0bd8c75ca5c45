/** What the studio has asked and been told: one store for all pages. */
import { QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import { api, ok, Problem } from './client';

/** Who is signed in. */
export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: () => ok(api.GET('/api/v1/session')), staleTime: 60_000 });

export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      // A session that has ended in between is found by whatever asks first.
      if (error instanceof Problem && error.status === 401 && query.queryKey[0] !== 'session') void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // What the server refuses it refuses again; what does not reach it may the next time.
      retry: (failures, error) => !(error instanceof Problem && error.status < 500) && failures < 2,
    },
  },
});
