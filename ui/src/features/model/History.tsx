/** Which version of a model stood under which alias or in which stage, when and by whom, and the way back. */
import { Badge, Button, Text } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, ok } from '../../api/client';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { Panel } from '../../parts/Panel';
import { Empty, Failure, Loading } from '../../parts/States';
import { Ago, Lasted } from '../../parts/Time';
import { useChange } from '../../parts/useChange';

export function History({ ws, name, version }: { ws: string; name: string; version?: string }) {
  const query = useInfiniteQuery({
    queryKey: ['model history', ws, name],
    queryFn: ({ pageParam }) => ok(api.GET('/api/v1/workspaces/{ws}/models/{name}/history', { params: { path: { ws, name }, query: { limit: 100, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const back = useChange<string>({
    change: (alias) => ok(api.POST('/api/v1/workspaces/{ws}/models/{name}/aliases/{alias_and_action}', { params: { path: { ws, name, alias_and_action: `${alias}:rollback` } } })),
    stale: [['model history', ws, name], ['asset', ws, 'models', name], ['versions', ws, 'models', name], ['version', ws, 'models', name]],
    done: (alias) => `${alias} names the version before`,
  });
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = version === undefined ? all : all.filter((each) => each.version === version);
  // Where a label stood before its present version, there is a way back.
  const before = (label: string) => all.some((each) => each.kind === 'alias' && each.label === label && each.ended_at != null);
  return (
    <Panel title="History" flush>
      {query.error !== null ? (
        <Failure error={query.error} again={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Loading lines={2} />
      ) : shown.length === 0 ? (
        <Empty title="No history">{version === undefined ? 'No version has stood under an alias or in a stage.' : 'It has stood under no alias and in no stage.'}</Empty>
      ) : (
        <table className="table" aria-label="History">
          <thead>
            <tr>
              <th scope="col">As</th>
              <th scope="col">Version</th>
              <th scope="col">From</th>
              <th scope="col" className="wide">For</th>
              <th scope="col" className="wide">By</th>
              {version === undefined && <th scope="col"><span className="sr">Way back</span></th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((each) => (
              <tr key={each.id}>
                <td>
                  <Badge size="sm" variant={each.ended_at == null ? 'light' : 'default'}>
                    {each.label}
                  </Badge>{' '}
                  <Text component="span" size="xs" c="dimmed">
                    {each.kind}
                  </Text>
                </td>
                <td><A to={to.version(ws, 'models', name, each.version)}>{each.version}</A></td>
                <td><Ago at={each.began_at} /></td>
                <td className="wide"><Lasted from={each.began_at} until={each.ended_at} /></td>
                <td className="wide">{each.began_by}</td>
                {version === undefined && (
                  <td className="number">
                    {each.kind === 'alias' && each.ended_at == null && before(each.label) && (
                      <Button size="compact-xs" variant="default" leftSection={<IconArrowBackUp size={13} />} loading={back.isPending} onClick={() => back.mutate(each.label)}>
                        Roll back
                      </Button>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {query.hasNextPage && (
        <Button variant="subtle" size="xs" m="xs" onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Panel>
  );
}
