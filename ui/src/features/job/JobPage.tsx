/** One job: what it is, how it goes, what went in and came out. */
import { Alert, Badge, SimpleGrid, Stack, Tabs } from '@mantine/core';
import { IconAlertTriangle, IconClock } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Schemas } from '../../api/client';
import { registerModel } from '../../api/mlflow';
import { short } from '../../pure/format';
import { to } from '../../pure/links';
import { yaml } from '../../pure/yaml';
import { A } from '../../parts/A';
import { CommandLine, Copy } from '../../parts/Copy';
import { Facts } from '../../parts/Facts';
import { Description } from '../../parts/Description';
import { entriesOf, FileBrowser, type FileSource } from '../../parts/FileBrowser';
import { Page, PageOf } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/States';
import { isOver, Status } from '../../parts/Status';
import { Tags } from '../../parts/Tags';
import { Ago, Lasted } from '../../parts/Time';
import { useChange } from '../../parts/useChange';
import { useTagLinks } from '../../parts/useTagLinks';
import { useWorkspace } from '../../parts/useWorkspace';
import { Datasets, LoggedModels, Params } from '../run/Logged';
import { Register } from '../model/Register';
import { Metrics } from '../run/Metrics';
import { runQuery } from '../run/queries';
import { commandLine } from './command';
import { EnvironmentView } from './EnvironmentView';
import { JobActions } from './JobActions';
import { LogView } from './LogView';
import { PipelineGraph } from './PipelineGraph';
import { Inputs, Outputs } from './Ports';
import { codeQuery, codeUrl, filesQuery, jobFileUrl, jobQuery, patchJob, type Job } from './queries';

export const TABS = ['overview', 'metrics', 'logs', 'files', 'code', 'environment', 'yaml'] as const;
export type Tab = (typeof TABS)[number];

const LABELS: Record<Tab, string> = {
  overview: 'Overview', metrics: 'Metrics', logs: 'Logs', files: 'Artifacts', code: 'Code', environment: 'Environment', yaml: 'YAML',
};

export function JobPage() {
  const ws = useWorkspace();
  const { name = '' } = useParams({ strict: false });
  const job = useQuery(jobQuery(ws, name));
  return (
    <PageOf query={job} title={name} crumbs={[{ label: 'Jobs', to: to.jobs(ws) }]}>
      {(found) => <OneJob key={name} ws={ws} job={found} />}
    </PageOf>
  );
}

function OneJob({ ws, job }: { ws: string; job: Job }) {
  const { tab = 'overview' } = useSearch({ strict: false }) as { tab?: Tab };
  const navigate = useNavigate();
  const choose = (next: string | null) =>
    void navigate({ to: '.', search: (next === 'overview' ? {} : { tab: next }) as never, replace: true });
  const crumbs = [{ label: 'Jobs', to: to.jobs(ws) }];
  if (job.parent != null) crumbs.push({ label: job.parent, to: to.job(ws, job.parent) });
  return (
    <Page
      title={job.display_name ?? job.node ?? job.name}
      crumbs={crumbs}
      beside={
        <>
          <Status status={job.status} size="lg" />
          {job.archived && <Badge variant="default">Archived</Badge>}
        </>
      }
      below={
        <>
          {job.type} · <span className="mono">{job.name}</span> <Copy text={job.name} what="Copy the name" />
        </>
      }
      actions={<JobActions ws={ws} job={job} />}
    >
      <Reason job={job} />
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List mb="md" className="tabs">
          {TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {LABELS[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview"><Overview ws={ws} job={job} /></Tabs.Panel>
        <Tabs.Panel value="metrics"><JobMetrics ws={ws} job={job} /></Tabs.Panel>
        <Tabs.Panel value="logs"><LogView ws={ws} name={job.name} attempt={job.attempt} /></Tabs.Panel>
        <Tabs.Panel value="files"><JobFiles ws={ws} job={job} /></Tabs.Panel>
        <Tabs.Panel value="code"><JobCode ws={ws} job={job} /></Tabs.Panel>
        <Tabs.Panel value="environment"><EnvironmentView job={job} /></Tabs.Panel>
        <Tabs.Panel value="yaml"><Spec job={job} /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}

/** Why it waits, or why it ended as it did; and what it was warned of. */
function Reason({ job }: { job: Job }) {
  const failed = job.status === 'Failed';
  return (
    <>
      {job.reason != null && (
        <Alert color={failed ? 'red' : isOver(job.status) ? 'gray' : 'yellow'} icon={failed ? <IconAlertTriangle size={18} /> : <IconClock size={18} />}>
          {job.reason}
        </Alert>
      )}
      {job.warnings.length > 0 && (
        <Alert color="orange" icon={<IconAlertTriangle size={18} />} title={job.warnings.length === 1 ? 'Warning' : `${job.warnings.length} warnings`}>
          {job.warnings.map((warning) => (
            <div key={warning}>{warning}</div>
          ))}
        </Alert>
      )}
    </>
  );
}

function Overview({ ws, job }: { ws: string; job: Job }) {
  const run = useQuery(runQuery(ws, job.name, !isOver(job.status)));
  const where = { ws, origin: window.location.origin };
  const save = useChange<Schemas['PatchJob']>({ change: (body) => patchJob(ws, job.name, body), stale: [['job', ws, job.name], ['run', ws, job.name]] });
  const links = useTagLinks(ws);
  const reused = job.reused_from;
  const facts = job.properties as Record<string, string | undefined>;
  const commit = facts['mlflow.source.git.commit'];
  return (
    <Stack gap="md">
      {job.steps.length > 0 && <PipelineGraph ws={ws} job={job} />}
      <Panel>
        <Facts
          rows={[
            ['Created', <Ago key="c" at={job.created_at} />],
            ['Started', job.started_at != null && <Ago at={job.started_at} />],
            ['Lasted', job.started_at != null && <Lasted from={job.started_at} until={job.ended_at} />],
            ['Experiment', job.experiment_name],
            ['Compute', job.compute != null && <A to={to.compute(ws, job.compute)}>{job.compute}</A>],
            ['Isolation', facts['isolation']],
            ['Step', job.node],
            ['Reused from', reused != null && <A to={to.job(ws, reused)}>{reused}</A>],
            ['Attempt', job.attempt > 1 && job.attempt],
            ['Exit code', job.exit_code],
            ['Commit', commit !== undefined && (<span className="mono">{short(commit).slice(0, 8)} <Copy text={commit} what="Copy the commit" /></span>)],
            ['By', job.created_by],
          ].filter(([, value]) => value !== false) as [string, string][]}
        />
      </Panel>
      <Description text={job.description ?? ''} onSave={(description) => save.mutateAsync({ description })} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: 'start' }}>
        <Inputs ws={ws} job={job} />
        <Outputs ws={ws} job={job} />
        {run.data !== undefined && <Params run={run.data} />}
        <Tags tags={Object.entries(job.tags as Record<string, string>)} onSet={(key, value) => save.mutateAsync({ tags: { [key]: value } as unknown as Schemas['PatchJob']['tags'] })} linkOf={links} />
        {run.data !== undefined && <Datasets run={run.data} />}
        {run.data !== undefined && <LoggedModels ws={ws} run={run.data} />}
      </SimpleGrid>
      <Panel title="The same on the command line">
        <Stack gap="xs">
          <CommandLine line={commandLine(['job', 'show', '-n', job.name], where)} />
          <CommandLine line={commandLine(['job', isOver(job.status) ? 'download' : 'stream', '-n', job.name], where)} />
        </Stack>
      </Panel>
    </Stack>
  );
}

function JobMetrics({ ws, job }: { ws: string; job: Job }) {
  const run = useQuery(runQuery(ws, job.name, !isOver(job.status)));
  return <Loaded query={run}>{(found) => <Metrics ws={ws} run={job.name} latest={found.data.metrics ?? []} />}</Loaded>;
}

function JobFiles({ ws, job }: { ws: string; job: Job }) {
  const client = useQueryClient();
  const live = !isOver(job.status);
  const source = useMemo(
    (): FileSource => ({
      key: ['files', ws, job.name],
      list: async (folder) => entriesOf(await client.fetchQuery({ ...filesQuery(ws, job.name, false), staleTime: live ? 2000 : 60_000 }), folder),
      url: (path) => jobFileUrl(ws, job.name, path),
      again: live ? 5000 : undefined,
    }),
    [client, ws, job.name, live],
  );
  return (
    <FileBrowser
      title="Artifacts" source={source} none="What the job logs, and what it writes to outputs/, is here."
      actions={(folder, entries) =>
        folder !== '' && entries.some((entry) => entry.path === `${folder}/MLmodel`) ? (
          <div style={{ padding: '4px 9px 6px' }}>
            <Register ws={ws} what={folder} register={(name) => registerModel(ws, name, `runs:/${job.name}/${folder}`, job.name)} />
          </div>
        ) : null
      }
    />
  );
}

function JobCode({ ws, job }: { ws: string; job: Job }) {
  const client = useQueryClient();
  const source = useMemo(
    (): FileSource => ({
      key: ['code', ws, job.name],
      list: async (folder) => entriesOf(await client.fetchQuery(codeQuery(ws, job.name)), folder),
      url: (path) => codeUrl(ws, job.name, path),
    }),
    [client, ws, job.name],
  );
  return (
    <FileBrowser
      title="Code, as it was submitted" source={source}
      none={job.type === 'pipeline' ? 'Each step has code of its own.' : 'Its command needs no files.'}
    />
  );
}

function Spec({ job }: { job: Job }) {
  const text = yaml(job.spec);
  return (
    <Panel title="As it was submitted" flush aside={<Copy text={text} what="Copy the YAML" />}>
      <pre className="text" tabIndex={0}>{text}</pre>
    </Panel>
  );
}
