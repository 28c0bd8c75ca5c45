/** A run that is no job: what a client logged. The run of a job is shown on the page of the job. */
import { Badge, SimpleGrid, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Navigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '../../api/client';
import { artifactUrl } from '../../api/mlflow';
import { to } from '../../pure/links';
import { Copy } from '../../parts/Copy';
import { Facts } from '../../parts/Facts';
import { Files } from '../../parts/Files';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Failure, Loaded, Loading } from '../../parts/States';
import { Status } from '../../parts/Status';
import { Ago, Lasted } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { jobQuery } from '../job/queries';
import { Params, Tags } from './Logged';
import { Metrics } from './Metrics';
import { artifactsQuery, runQuery } from './queries';

export function RunPage() {
  const ws = useWorkspace();
  const { run: id = '' } = useParams({ strict: false });
  const job = useQuery({ ...jobQuery(ws, id), refetchInterval: false });
  if (job.data !== undefined) return <Navigate to={to.job(ws, id) as '/'} replace />;
  if (job.error === null) return <Loading />;
  if (!(job.error instanceof Problem) || job.error.status !== 404) return <Failure error={job.error} />;
  return <OnlyRun ws={ws} id={id} />;
}

function OnlyRun({ ws, id }: { ws: string; id: string }) {
  const run = useQuery({
    ...runQuery(ws, id, true),
    refetchInterval: ({ state }) => (['RUNNING', 'SCHEDULED'].includes(state.data?.info.status ?? 'RUNNING') ? 2000 : 10_000),
  });
  return (
    <Loaded query={run}>
      {(found) => (
        <Page
          title={found.info.run_name || id}
          crumbs={[{ label: 'Jobs', to: to.jobs(ws) }]}
          beside={
            <>
              <Status status={found.info.status} />
              {found.info.lifecycle_stage === 'deleted' && <Badge color="red">Deleted</Badge>}
            </>
          }
          below={<><span className="mono">{id}</span> <Copy text={id} what="Copy the run id" /></>}
        >
          <Panel>
            <Facts
              rows={[
                ['Experiment', found.info.experiment_id],
                ['By', found.info.user_id],
                ['Started', <Ago key="s" at={found.info.start_time} />],
                ['Lasted', <Lasted key="l" from={found.info.start_time} until={found.info.end_time} />],
              ]}
            />
          </Panel>
          <Metrics ws={ws} run={id} latest={found.data.metrics ?? []} />
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Params run={found} />
            <Tags run={found} />
          </SimpleGrid>
          <Artifacts ws={ws} id={id} />
        </Page>
      )}
    </Loaded>
  );
}

/** Artifacts folder by folder: the whole of them may be large. */
function Artifacts({ ws, id }: { ws: string; id: string }) {
  const [path, go] = useState('');
  const listed = useQuery(artifactsQuery(ws, id, path));
  return (
    <Loaded query={listed} lines={2}>
      {(entries) => (
        <Stack gap="xs">
          <Files
            title={path === '' ? 'Artifacts' : `Artifacts / ${path}`}
            files={entries.filter((entry) => !entry.is_dir).map((entry) => ({ path: entry.path, size_bytes: entry.file_size ?? 0 }))}
            folders={[...(path === '' ? [] : ['..']), ...entries.filter((entry) => entry.is_dir).map((entry) => entry.path)]}
            onFolder={(folder) => go(folder === '..' ? path.slice(0, Math.max(0, path.lastIndexOf('/'))) : folder)}
            url={(file) => artifactUrl(ws, id, file)}
          />
        </Stack>
      )}
    </Loaded>
  );
}
