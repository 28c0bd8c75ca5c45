/** The audit log from the API, page by page. */
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';

export type AuditRow = Schemas['AuditRow'];

/** What the address of the page says. */
export interface AuditSearch {
  principal?: string;
  action?: string;
  /** A place; without one, that of the workspace. */
  scope?: string;
  outcome?: string;
  since?: string;
  /** The row that is open. */
  row?: number;
}

/** How far back one looks. */
export const SINCE: Record<string, [string, number]> = { hour: ['Last hour', 3600e3], day: ['Last day', 86_400e3], week: ['Last week', 7 * 86_400e3], month: ['Last 30 days', 30 * 86_400e3] };

export const auditQuery = (ws: string, { principal, action, scope = `/workspaces/${ws}`, outcome, since }: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['audit', principal, action, scope, outcome, since],
    queryFn: ({ pageParam }) => {
      const back = SINCE[since ?? '']?.[1];
      const query = { principal, action, scope, outcome, since: back === undefined ? undefined : Date.now() - back, limit: 100, after: pageParam };
      return ok(api.GET('/api/v1/audit', { params: { query } }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 10_000,
  });
