/** Infrastructure as code: the plans that were made, which of them wait, and the stacks that they manage. */
import { Button, Group, SegmentedControl, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { DataTable, type Column } from '../../parts/DataTable';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Failure, Loaded, Loading } from '../../parts/States';
import { Status } from '../../parts/Status';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { to } from '../../pure/links';
import { commandLine } from '../job/command';
import { plansQuery, stacksQuery, type InfraSearch, type Plan, type Stack } from './queries';
import { isPending, STATUS, summary } from './words';

export function InfraPage() {
  const ws = useWorkspace();
  const search = useSearch({ strict: false }) as InfraSearch;
  const navigate = useNavigate();
  const change = (part: InfraSearch) => void navigate({ to: '.', search: ((before: InfraSearch) => ({ ...before, ...part })) as never, replace: true });
  const stacks = useQuery(stacksQuery);
  return (
    <Page title="Infrastructure" below="Groups, workspaces, roles, datastores and computes of this server, as files want them.">
      <Stacks ws={ws} />
      <Group gap="sm">
        <SegmentedControl
          aria-label="Which plans" size="xs" value={search.show ?? ''} onChange={(show) => change({ show: show === '' ? undefined : (show as InfraSearch['show']) })}
          data={[{ value: '', label: 'All plans' }, { value: 'pending', label: 'Pending' }, { value: 'applied', label: 'Applied' }]}
        />
        <Select
          aria-label="Stack" placeholder="Any stack" size="xs" w={220} clearable searchable value={search.stack ?? null} onChange={(stack) => change({ stack: stack ?? undefined })}
          data={[...new Set([...(stacks.data ?? []).map(({ name }) => name), ...(search.stack === undefined ? [] : [search.stack])])]}
        />
      </Group>
      <Plans ws={ws} search={search} />
    </Page>
  );
}

function Stacks({ ws }: { ws: string }) {
  const query = useQuery(stacksQuery);
  const columns = useMemo(
    (): Column<Stack>[] => [
      { id: 'name', header: 'Stack', by: ({ name }) => name, cell: ({ name }) => <A to={to.infraStack(ws, name)} className="row plain">{name}</A> },
      { id: 'resources', header: 'Resources', number: true, by: ({ resources }) => resources.length, cell: ({ resources }) => resources.length },
      { id: 'state', header: 'Last', cell: ({ state }) => (state == null ? '–' : <Status status={STATUS[state] ?? state} said={state} />) },
      { id: 'who', header: 'Applied by', wide: true, by: ({ applied_by }) => applied_by ?? '', cell: ({ applied_by }) => applied_by ?? '–' },
      { id: 'when', header: 'Applied', number: true, by: ({ applied_at }) => applied_at ?? 0, cell: ({ applied_at }) => (applied_at == null ? '–' : <Ago at={applied_at} />) },
    ],
    [ws],
  );
  if (query.data?.length === 0) return null;
  return (
    <Panel title="Stacks" flush>
      <Loaded query={query}>{(stacks) => <DataTable label="Stacks" columns={columns} rows={stacks} id={({ name }) => name} />}</Loaded>
    </Panel>
  );
}

function Plans({ ws, search: { stack, show } }: { ws: string; search: InfraSearch }) {
  const query = useInfiniteQuery(plansQuery(stack));
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const rows = useMemo(() => all?.filter(({ state }) => show === undefined || isPending(state) === (show === 'pending')), [all, show]);
  const columns = useMemo(
    (): Column<Plan>[] => [
      { id: 'plan', header: 'Plan', by: ({ id }) => id, cell: ({ id }) => <A to={to.infraPlan(ws, id)} className="row plain mono">{id.slice(-8)}</A> },
      { id: 'stack', header: 'Stack', by: (plan) => plan.stack, cell: (plan) => plan.stack },
      { id: 'does', header: 'What it does', cell: (plan) => (plan.destroys ? `takes all away: ${summary(plan)}` : summary(plan)) },
      { id: 'stages', header: 'Stages', wide: true, by: ({ stages }) => stages.join(), cell: ({ stages }) => stages.join(', ') || '–' },
      { id: 'state', header: 'State', by: ({ state }) => state, cell: ({ state }) => <Status status={STATUS[state] ?? state} said={state} /> },
      { id: 'who', header: 'Made by', wide: true, by: ({ created_by }) => created_by, cell: ({ created_by }) => created_by },
      { id: 'when', header: 'Made', number: true, by: ({ created_at }) => created_at, cell: ({ created_at }) => <Ago at={created_at} /> },
    ],
    [ws],
  );
  return (
    <>
      <Panel title="Plans" flush>
        {rows === undefined ? (
          query.error !== null ? <Failure error={query.error} again={() => void query.refetch()} /> : <Loading lines={6} />
        ) : rows.length > 0 ? (
          <DataTable label="Plans" columns={columns} rows={rows} id={({ id }) => id} />
        ) : all?.length === 0 && stack === undefined ? (
          <Empty title="No plans yet">
            A plan says what has to happen so that everything is as files want it, and changes nothing:
            <div style={{ marginTop: 12, textAlign: 'left' }}>
              <CommandLine line={commandLine(['infra', 'plan', '-f', 'infrastructure/'], { ws, origin: window.location.origin })} />
            </div>
          </Empty>
        ) : (
          <Empty title={show === 'pending' ? 'No plan waits' : 'No such plans'} />
        )}
      </Panel>
      {query.hasNextPage && (
        <Button variant="default" onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage} style={{ alignSelf: 'center' }}>
          Show more
        </Button>
      )}
    </>
  );
}
