/** Published pipelines: their versions, and what became of the models that their runs made. */
import { Button, Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { DataTable, type Column } from '../../parts/DataTable';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Status } from '../../parts/Status';
import { Ago } from '../../parts/Time';
import { useChange } from '../../parts/useChange';
import { useWorkspace } from '../../parts/useWorkspace';
import { to } from '../../pure/links';
import { commandLine } from '../job/command';

type Published = Schemas['PublishedPipeline'];
type Candidate = Schemas['PipelineCandidate'];

const pipelinesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['pipelines', ws],
    queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/pipelines', { params: { path: { ws } } }))).items,
    refetchInterval: 3_000,
  });

const STATUS: Record<string, string> = { Training: 'Running', Deploying: 'Starting', Released: 'Completed', Failed: 'Failed' };
const SAID: Record<string, string> = { Training: 'trains', Deploying: 'comes up', Released: 'has a release', Failed: 'came to nothing' };

export function PipelineListPage() {
  const ws = useWorkspace();
  const query = useQuery(pipelinesQuery(ws));
  return (
    <Page title="Published pipelines" below="Run by name; what they make opens a release by itself">
      <Loaded query={query}>
        {(pipelines) =>
          pipelines.length === 0 ? (
            <Panel>
              <Empty title="No published pipelines yet">
                A pipeline that is published is run by its name:
                <div style={{ marginTop: 12, textAlign: 'left' }}>
                  <CommandLine line={commandLine(['pipeline', 'publish', '-f', 'published.yml'], { ws, origin: window.location.origin })} />
                </div>
              </Empty>
            </Panel>
          ) : (
            pipelines.map((pipeline) => <PipelineView key={pipeline.name} ws={ws} pipeline={pipeline} />)
          )
        }
      </Loaded>
    </Page>
  );
}

function PipelineView({ ws, pipeline }: { ws: string; pipeline: Published }) {
  const { name, default_version, versions, candidates } = pipeline;
  const change = useChange<void>({
    change: () => ok(api.POST('/api/v1/workspaces/{ws}/pipelines/{name}', { params: { path: { ws, name: `${name}:invoke` } }, body: { inputs: {} } })),
    stale: [['pipelines', ws]],
    done: () => 'The run is submitted.',
  });
  const columns = useMemo(
    (): Column<Candidate>[] => [
      { id: 'job', header: 'Run', cell: ({ job }) => <A to={to.job(ws, job)}>{job}</A> },
      { id: 'state', header: 'Candidate', cell: ({ state }) => <Status status={STATUS[state] ?? state} said={SAID[state] ?? state} /> },
      { id: 'model', header: 'Model', wide: true, cell: ({ model }) => model ?? '–' },
      { id: 'release', header: 'Release', cell: ({ release, workspace }) => (release == null ? '–' : <A to={to.releases(workspace)}>{release}</A>) },
      { id: 'reason', header: 'Said', wide: true, cell: ({ reason }) => <span style={{ overflowWrap: 'anywhere' }}>{reason ?? ''}</span> },
      { id: 'at', header: 'Begun', number: true, by: ({ created_at }) => created_at, cell: ({ created_at }) => <Ago at={created_at} /> },
    ],
    [ws],
  );
  const publisher = versions.find(({ version }) => version === default_version)?.publisher ?? '';
  return (
    <Panel title={name} flush aside={<Button size="xs" variant="default" loading={change.isPending} onClick={() => change.mutate()}>Run now</Button>}>
      <Text size="sm" c="dimmed" px="md" pt="sm">
        {`version ${default_version} of ${versions.length}, published by ${publisher}`}
      </Text>
      {candidates.length === 0 ? (
        <Empty title="No run has made a model yet" />
      ) : (
        <DataTable label={`What ${name} made`} columns={columns} rows={candidates} id={({ job }) => job} />
      )}
    </Panel>
  );
}
