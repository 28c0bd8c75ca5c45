/** What the studio has asked and been told: one store for all pages. */
import { QueryClient } from '@tanstack/react-query';
import { Problem } from './client';

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // What the server refuses it refuses again; what does not reach it may the next time.
      retry: (failures, error) => !(error instanceof Problem && error.status < 500) && failures < 2,
    },
  },
});
