/** A run that is no job: what a client logged. The run of a job is shown on the page of the job. */
import { Badge, Button, Group, SimpleGrid, Stack, Tabs } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPencil, IconRestore, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Navigate, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Problem } from '../../api/client';
import { deleteRun, renameRun, restoreRun, type Run } from '../../api/mlflow';
import { short } from '../../pure/format';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { CommandLine, Copy } from '../../parts/Copy';
import { Facts } from '../../parts/Facts';
import { Page, PageOf } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Rename } from '../../parts/Rename';
import { Status } from '../../parts/Status';
import { Ago, Lasted } from '../../parts/Time';
import { useChange } from '../../parts/useChange';
import { useWorkspace } from '../../parts/useWorkspace';
import { commandLine } from '../job/command';
import { jobQuery } from '../job/queries';
import { Artifacts } from './Artifacts';
import { Datasets, LoggedModels, Params, RunDescription, RunTags, RunWarning } from './Logged';
import { Metrics } from './Metrics';
import { experimentsQuery, runQuery } from './queries';

export const RUN_TABS = ['overview', 'metrics', 'artifacts'] as const;
export type RunTab = (typeof RUN_TABS)[number];

const LABELS: Record<RunTab, string> = { overview: 'Overview', metrics: 'Metrics', artifacts: 'Artifacts' };

export function RunPage() {
  const ws = useWorkspace();
  const { run: id = '' } = useParams({ strict: false });
  const job = useQuery({ ...jobQuery(ws, id), refetchInterval: false });
  if (job.data !== undefined) return <Navigate to={to.job(ws, id) as '/'} replace />;
  if (job.error === null || !(job.error instanceof Problem) || job.error.status !== 404) return <PageOf query={job} title={id} crumbs={crumbsOf(ws)}>{() => null}</PageOf>;
  return <OnlyRun ws={ws} id={id} />;
}

const lives = (run: Run | undefined) => ['RUNNING', 'SCHEDULED'].includes(run?.info.status ?? 'RUNNING');

function OnlyRun({ ws, id }: { ws: string; id: string }) {
  const run = useQuery({ ...runQuery(ws, id, true), refetchInterval: ({ state }) => (lives(state.data) ? 5000 : 30_000) });
  return (
    <PageOf query={run} title={id} crumbs={crumbsOf(ws)}>
      {(found) => <OneRun ws={ws} id={id} run={found} />}
    </PageOf>
  );
}

const crumbsOf = (ws: string) => [{ label: 'Runs', to: to.runs(ws) }];

function OneRun({ ws, id, run }: { ws: string; id: string; run: Run }) {
  const { tab = 'overview' } = useSearch({ strict: false }) as { tab?: RunTab };
  const navigate = useNavigate();
  const choose = (next: string | null) => void navigate({ to: '.', search: (next === 'overview' ? {} : { tab: next }) as never, replace: true });
  const deleted = run.info.lifecycle_stage === 'deleted';
  const remove = useChange<void>({
    change: () => (deleted ? restoreRun(ws, id) : deleteRun(ws, id)), stale: [['run', ws, id], ['runs', ws]], done: () => (deleted ? 'The run is restored' : 'The run is deleted, and can be restored'),
  });
  const [naming, name] = useDisclosure(false);
  const rename = useChange<string>({ change: (text) => renameRun(ws, id, text), stale: [['run', ws, id], ['runs', ws]] });
  const experiment = useQuery(experimentsQuery(ws)).data?.find((each) => each.experiment_id === run.info.experiment_id)?.name ?? run.info.experiment_id;
  return (
    <Page
      title={run.info.run_name || id}
      crumbs={[{ label: 'Runs', to: to.runs(ws) }, { label: experiment, to: to.runs(ws), search: { experiments: [run.info.experiment_id] } }]}
      beside={
        <>
          <Status status={run.info.status} size="lg" />
          {deleted && <Badge color="red" variant="light">Deleted</Badge>}
        </>
      }
      below={<>run · <span className="mono">{id}</span> <Copy text={id} what="Copy the run id" /></>}
      actions={
        <Group gap="xs">
          <Button size="sm" variant="default" leftSection={<IconPencil size={16} />} loading={rename.isPending} onClick={name.open}>
            Rename
          </Button>
          <Button size="sm" variant="default" leftSection={deleted ? <IconRestore size={16} /> : <IconTrash size={16} />} loading={remove.isPending} onClick={() => remove.mutate()}>
            {deleted ? 'Restore' : 'Delete'}
          </Button>
        </Group>
      }
    >
      {naming && <Rename opened onClose={name.close} name={run.info.run_name || id} onSave={(text) => rename.mutate(text)} />}
      <RunWarning run={run} />
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List mb="md" className="tabs">
          {RUN_TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {LABELS[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview"><Overview ws={ws} run={run} experiment={experiment} /></Tabs.Panel>
        <Tabs.Panel value="metrics"><Metrics ws={ws} run={id} latest={run.data.metrics ?? []} /></Tabs.Panel>
        <Tabs.Panel value="artifacts"><Artifacts ws={ws} id={id} live={lives(run)} /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Overview({ ws, run, experiment }: { ws: string; run: Run; experiment: string }) {
  const { info } = run;
  const tag = (key: string) => run.data.tags?.find((each) => each.key === key)?.value;
  const parent = tag('mlflow.parentRunId');
  const commit = tag('mlflow.source.git.commit');
  return (
    <Stack gap="md">
      <Panel>
        <Facts
          rows={[
            ['Experiment', experiment],
            ['By', info.user_id || tag('mlflow.user')],
            ['Started', info.start_time > 0 && <Ago key="s" at={info.start_time} />],
            ['Lasted', <Lasted key="l" from={info.start_time} until={info.end_time} />],
            ['Below', parent !== undefined && <A to={to.run(ws, parent)}>{parent}</A>],
            ['Source', tag('mlflow.source.name')],
            ['Commit', commit !== undefined && (<span className="mono">{short(commit).slice(0, 8)} <Copy text={commit} what="Copy the commit" /></span>)],
          ].filter(([, value]) => value !== false) as [string, string][]}
        />
      </Panel>
      <RunDescription ws={ws} run={run} />
      <Metrics ws={ws} run={info.run_id} latest={run.data.metrics ?? []} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: 'start' }}>
        <Params run={run} />
        <RunTags ws={ws} run={run} />
        <Datasets run={run} />
        <LoggedModels ws={ws} run={run} />
      </SimpleGrid>
      <Panel title="The same on the command line">
        <CommandLine line={commandLine(['run', 'show', '-n', info.run_id], { ws, origin: window.location.origin })} />
      </Panel>
    </Stack>
  );
}
