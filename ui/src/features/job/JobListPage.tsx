/** The jobs of a workspace, newest first. */
import { Button, Group, Select, Switch, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { CommandLine } from '../../parts/Copy';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Failure, Loading } from '../../parts/States';
import { statusWord } from '../../parts/Status';
import { useWorkspace } from '../../parts/useWorkspace';
import { commandLine } from './command';
import { JobTable } from './JobTable';
import { jobsQuery } from './queries';

export interface JobSearch {
  status?: string;
  archived?: boolean;
  find?: string;
}

const STATES = ['NotStarted', 'Queued', 'Starting', 'Preparing', 'Running', 'Finalizing', 'CancelRequested', 'Completed', 'Failed', 'Canceled', 'Skipped'];

export function JobListPage() {
  const ws = useWorkspace();
  const { status, archived = false, find = '' } = useSearch({ strict: false }) as JobSearch;
  const navigate = useNavigate();
  const change = (part: JobSearch) => {
    const next = { status, archived, find, ...part };
    const said = { status: next.status, archived: next.archived || undefined, find: next.find || undefined };
    void navigate({ to: '.', search: said as never, replace: true });
  };
  const query = useInfiniteQuery(jobsQuery(ws, { status, archived: archived ? 'only' : undefined }));
  const all = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const jobs = useMemo(() => {
    const wanted = find.toLowerCase();
    return all?.filter((job) => [job.name, job.display_name, job.experiment_name].some((text) => text?.toLowerCase().includes(wanted)));
  }, [all, find]);
  const filtered = status !== undefined || archived || find !== '';
  return (
    <Page title="Jobs">
      <Group gap="sm">
        <TextInput
          aria-label="Find jobs" placeholder="Find by name or experiment" size="sm" flex={1} miw={180} maw={360}
          leftSection={<IconSearch size={15} />} value={find} onChange={(event) => change({ find: event.currentTarget.value })}
        />
        <Select
          aria-label="State" placeholder="Any state" size="sm" w={160} clearable data={STATES.map((value) => ({ value, label: statusWord(value) }))} value={status ?? null}
          onChange={(next) => change({ status: next ?? undefined })}
        />
        <Switch size="sm" label="Archived" checked={archived} onChange={(event) => change({ archived: event.currentTarget.checked })} />
      </Group>
      <Panel flush>
        {jobs === undefined ? (
          query.error !== null ? <Failure error={query.error} again={() => void query.refetch()} /> : <Loading lines={8} />
        ) : jobs.length > 0 ? (
          <JobTable ws={ws} jobs={jobs} />
        ) : filtered ? (
          <Empty title="No job like that" />
        ) : (
          <Empty title="No jobs yet">
            Submit one, and it is here at once:
            <div style={{ marginTop: 12, textAlign: 'left' }}>
              <CommandLine line={commandLine(['job', 'create', '-f', 'job.yml', '--stream'], { ws, origin: window.location.origin })} />
            </div>
          </Empty>
        )}
      </Panel>
      {query.hasNextPage && (
        <Button variant="default" onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage} style={{ alignSelf: 'center' }}>
          Show more
        </Button>
      )}
    </Page>
  );
}
