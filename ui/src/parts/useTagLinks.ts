/** Links of tags, by the rules that hold in a workspace. Who may not see the rules sees tags without links. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { api, ok } from '../api/client';
import { linkOf } from '../pure/tagRule';

const tagRulesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['tag-rules', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/policy/tags', { params: { path: { ws } } }))).items,
    staleTime: 60_000,
  });

export function useTagLinks(ws: string): (tag: string, value: string) => string | undefined {
  const rules = useQuery(tagRulesQuery(ws)).data;
  return useCallback((tag, value) => linkOf(rules ?? [], tag, value), [rules]);
}
