/** Where jobs run: all computes, and one with its jobs. */
import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { to } from '../../pure/links';
import { yaml } from '../../pure/yaml';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { DataTable, type Column } from '../../parts/DataTable';
import { Facts } from '../../parts/Facts';
import { Page, PageOf } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Failure, Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { commandLine } from '../job/command';
import { JobTable } from '../job/JobTable';
import { Requests } from './Requests';
import { jobsQuery } from '../job/queries';

type Compute = Schemas['Compute'];

const text = ({ spec }: Compute, field: string) => {
  const value = (spec as Record<string, unknown>)[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};

/** `0 – 4`: fewest and most. */
function nodes(compute: Compute): string {
  const [least, most] = [text(compute, 'min_instances'), text(compute, 'max_instances')];
  if (most === undefined) return '–';
  return least === undefined || least === most ? most : `${least} – ${most}`;
}

export function ComputeListPage() {
  const ws = useWorkspace();
  const query = useQuery({
    queryKey: ['computes', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/computes', { params: { path: { ws }, query: { limit: 1000 } } }))).items,
  });
  const columns = useMemo(
    (): Column<Compute>[] => [
      { id: 'name', header: 'Name', by: (compute) => compute.name, cell: (compute) => <A to={to.compute(ws, compute.name)} className="row plain">{compute.name}</A> },
      { id: 'type', header: 'Type', by: (compute) => compute.type, cell: (compute) => compute.type },
      { id: 'nodes', header: 'Nodes', cell: nodes },
      { id: 'size', header: 'Size', wide: true, cell: (compute) => text(compute, 'size') ?? '–' },
      { id: 'state', header: 'State', by: (compute) => compute.state ?? '', cell: (compute) => compute.state ?? '–' },
      { id: 'updated', header: 'Changed', number: true, by: (compute) => compute.updated_at, cell: (compute) => <Ago at={compute.updated_at} /> },
    ],
    [ws],
  );
  return (
    <Page title="Compute">
      <Panel flush>
        <Loaded query={query}>
          {(computes) =>
            computes.length === 0 ? (
              <Empty title="No computes yet">
                Jobs run on this machine until there is another:
                <div style={{ marginTop: 12, textAlign: 'left' }}>
                  <CommandLine line={commandLine(['compute', 'create', '-f', 'compute.yml'], { ws, origin: window.location.origin })} />
                </div>
              </Empty>
            ) : (
              <DataTable label="Computes" columns={columns} rows={computes} id={(compute) => compute.name} />
            )
          }
        </Loaded>
      </Panel>
      <Requests ws={ws} />
    </Page>
  );
}

/** Whether an instance is on, and the button that turns it. */
function Power({ ws, compute }: { ws: string; compute: Compute }) {
  const session = useQuery({
    queryKey: ['session', ws],
    queryFn: () => ok(api.GET('/api/v1/session', { params: { query: { scope: `/workspaces/${ws}` } } })),
  });
  const queries = useQueryClient();
  const action = compute.state === 'Running' ? 'stop' : 'start';
  const turn = useMutation({
    mutationFn: () => ok(api.POST('/api/v1/workspaces/{ws}/computes/{name}', { params: { path: { ws, name: `${compute.name}:${action}` } } })),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['compute', ws] }), queries.invalidateQueries({ queryKey: ['computes', ws] })]),
  });
  return (
    <Group gap={8}>
      <Text size="sm">{compute.state}{compute.state_reason ? `, ${compute.state_reason}` : ''}</Text>
      {session.data?.actions.includes(`computes/${action}`) && (
        <Button size="compact-xs" variant="default" loading={turn.isPending} onClick={() => turn.mutate()}>{action === 'stop' ? 'Stop' : 'Start'}</Button>
      )}
      {turn.error !== null && <Failure error={turn.error} />}
    </Group>
  );
}

export function ComputePage() {
  const ws = useWorkspace();
  const { name = '' } = useParams({ strict: false });
  const query = useQuery({
    queryKey: ['compute', ws, name],
    queryFn: () => ok(api.GET('/api/v1/workspaces/{ws}/computes/{name}', { params: { path: { ws, name } } })),
  });
  const jobs = useInfiniteQuery(jobsQuery(ws));
  const here = useMemo(() => jobs.data?.pages.flatMap((page) => page.items).filter((job) => job.compute === name) ?? [], [jobs.data, name]);
  return (
    <PageOf query={query} title={name} crumbs={[{ label: 'Compute', to: to.computes(ws) }]}>
      {(compute) => (
        <Page title={compute.name} crumbs={[{ label: 'Compute', to: to.computes(ws) }]}>
          <Panel>
            <Facts
              rows={[
                ['Type', compute.type],
                ['State', compute.state ? <Power key="p" ws={ws} compute={compute} /> : null],
                ['Created', <Ago key="c" at={compute.created_at} />],
                ['Changed', <Ago key="u" at={compute.updated_at} />],
              ]}
            />
          </Panel>
          <Panel title="Latest jobs here" flush>
            {here.length === 0 ? <Empty title="None of the latest jobs ran here">Steps are on the pages of their pipelines.</Empty> : <JobTable ws={ws} jobs={here} />}
          </Panel>
          <Panel title="Specification" flush>
            <pre className="text" tabIndex={0}>{yaml(compute.spec)}</pre>
          </Panel>
        </Page>
      )}
    </PageOf>
  );
}
