/** The home of a workspace: what runs, what failed, what is new. */
import { Badge, Box, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { searchRuns } from '../../api/mlflow';
import { count, figure } from '../../pure/format';
import { to, type AssetKind } from '../../pure/links';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Failure, Loaded, Loading } from '../../parts/States';
import { Dot, isOver, statusWord } from '../../parts/Status';
import { Ago, Lasted } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { assetsQuery } from '../asset/queries';
import { WORDS } from '../asset/words';
import { commandLine } from '../job/command';
import { JobTable } from '../job/JobTable';
import { jobsQuery, type Job } from '../job/queries';
import { experimentsQuery } from '../run/queries';

const SHOWN = 6;

export function HomePage() {
  const ws = useWorkspace();
  const query = useInfiniteQuery(jobsQuery(ws));
  const jobs = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  if (jobs === undefined) {
    return (
      <Page title={ws}>
        <Panel flush>{query.error !== null ? <Failure error={query.error} again={() => void query.refetch()} /> : <Loading lines={8} />}</Panel>
      </Page>
    );
  }
  const open = jobs.filter((job) => !isOver(job.status));
  const failed = jobs.filter((job) => job.status === 'Failed');
  return (
    <Page title={ws} below={open.length === 0 ? undefined : `${count(open.length, 'job')} at work`}>
      {jobs.length === 0 && <Start ws={ws} />}
      {jobs.length > 0 && (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
          <Panel title="At work" flush aside={<Count of={open.length} colour="blue" />}>
            <Brief ws={ws} jobs={open} none="Nothing runs now." time={(job) => <Lasted from={job.started_at ?? job.created_at} />} />
          </Panel>
          <Panel title="Failed lately" flush aside={<Count of={failed.length} colour="red" />}>
            <Brief ws={ws} jobs={failed} none="None of the latest jobs failed." time={(job) => <Ago at={job.ended_at ?? job.created_at} />} />
          </Panel>
        </SimpleGrid>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Newest ws={ws} kind="models" />
        <Newest ws={ws} kind="data" />
      </SimpleGrid>
      <LatestRuns ws={ws} />
      {jobs.length > 0 && (
        <Panel title="Latest jobs" flush aside={<Text size="sm"><A to={to.jobs(ws)}>All jobs</A></Text>}>
          <JobTable ws={ws} jobs={jobs.slice(0, 8)} label="Latest jobs" />
        </Panel>
      )}
    </Page>
  );
}

function Count({ of, colour }: { of: number; colour: string }) {
  return of === 0 ? null : (
    <Badge variant="light" color={colour}>
      {of}
    </Badge>
  );
}

function Brief({ ws, jobs, none, time }: { ws: string; jobs: readonly Job[]; none: string; time: (job: Job) => ReactNode }) {
  if (jobs.length === 0) return <Text size="sm" c="dimmed" px="md" py="sm">{none}</Text>;
  return (
    <table className="table">
      <tbody>
        {jobs.slice(0, SHOWN).map((job) => (
          <tr key={job.name}>
            <td style={{ overflowWrap: 'anywhere' }}>
              <Group gap={10} wrap="nowrap">
                <Dot status={job.status} />
                <Box miw={0}>
                  <A to={to.job(ws, job.name)} className="row plain">
                    {job.display_name ?? job.name}
                  </A>
                  <Text size="xs" c="dimmed" lineClamp={1}>
                    {job.reason ?? statusWord(job.status)}
                  </Text>
                </Box>
              </Group>
            </td>
            <td className="number">{time(job)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Newest({ ws, kind }: { ws: string; kind: AssetKind }) {
  const query = useQuery(assetsQuery(ws, kind));
  const { title, noun } = WORDS[kind];
  return (
    <Panel title={`Newest ${title.toLowerCase()}`} flush aside={<Text size="sm"><A to={to.assets(ws, kind)}>All {title.toLowerCase()}</A></Text>}>
      <Loaded query={query}>
        {(assets) =>
          assets.length === 0 ? (
            <Text size="sm" c="dimmed" px="md" py="sm">{`No ${noun === 'data' ? noun : `${noun}s`} yet`}</Text>
          ) : (
            <table className="table">
              <tbody>
                {[...assets].sort((a, b) => b.updated_at - a.updated_at).slice(0, SHOWN).map((asset) => (
                  <tr key={asset.name}>
                    <td style={{ overflowWrap: 'anywhere' }}>
                      <A to={asset.latest_version == null ? to.asset(ws, kind, asset.name) : to.version(ws, kind, asset.name, asset.latest_version)} className="row plain">
                        {asset.name}
                      </A>{' '}
                      <Text component="span" size="sm" c="dimmed">
                        {asset.latest_version}
                      </Text>
                    </td>
                    <td className="number"><Ago at={asset.updated_at} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** Runs that clients logged; those of jobs are among the jobs. */
function LatestRuns({ ws }: { ws: string }) {
  const experiments = useQuery(experimentsQuery(ws));
  const ids = experiments.data?.map((each) => each.experiment_id) ?? [];
  const query = useQuery({
    queryKey: ['runs', ws, 'latest', ids.length],
    queryFn: async () => (await searchRuns(ws, { experiments: ids, most: 40 })).runs,
    enabled: ids.length > 0,
    refetchInterval: 10_000,
  });
  const runs = (query.data ?? []).filter(({ data }) => data.tags?.some(({ key }) => key === 'azureml.job.type') !== true).slice(0, SHOWN);
  if (runs.length === 0) return null;
  return (
    <Panel title="Latest runs" flush aside={<Text size="sm"><A to={to.runs(ws)}>All runs</A></Text>}>
      <table className="table">
        <tbody>
          {runs.map(({ info, data }) => (
            <tr key={info.run_id}>
              <td style={{ overflowWrap: 'anywhere' }}>
                <Group gap={10} wrap="nowrap">
                  <Dot status={info.status} />
                  <Box miw={0}>
                    <A to={to.run(ws, info.run_id)} className="row plain">
                      {info.run_name || info.run_id}
                    </A>
                    <Text size="xs" c="dimmed" lineClamp={1}>
                      {(data.metrics ?? []).slice(0, 3).map(({ key, value }) => `${key} ${figure(value)}`).join(' · ') || statusWord(info.status)}
                    </Text>
                  </Box>
                </Group>
              </td>
              <td className="wide">{experiments.data?.find((each) => each.experiment_id === info.experiment_id)?.name}</td>
              <td className="number">{info.start_time > 0 && <Ago at={info.start_time} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** What to do in a workspace where nothing has happened yet. */
function Start({ ws }: { ws: string }) {
  const { origin } = window.location;
  return (
    <Panel title="Start here">
      <Stack gap="md">
        <Box>
          <Text size="sm" mb={6}>Submit a job, as it is written for Azure ML:</Text>
          <CommandLine line={commandLine(['job', 'create', '-f', 'job.yml', '--stream'], { ws, origin })} />
        </Box>
        <Box>
          <Text size="sm" mb={6}>Or let an MLflow client log here:</Text>
          <CommandLine line={`export MLFLOW_TRACKING_URI=${origin}${ws === 'default' ? '' : `/workspaces/${ws}`}`} />
        </Box>
      </Stack>
    </Panel>
  );
}
