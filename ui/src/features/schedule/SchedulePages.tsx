/** Schedules: when each falls due next, what it did, and a switch. */
import { Button, Group, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { DataTable, type Column } from '../../parts/DataTable';
import { Facts } from '../../parts/Facts';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Status } from '../../parts/Status';
import { Ago, Ahead } from '../../parts/Time';
import { useChange } from '../../parts/useChange';
import { useWorkspace } from '../../parts/useWorkspace';
import { to } from '../../pure/links';
import { commandLine } from '../job/command';
import { actOnSchedule, scheduleQuery, scheduleRunsQuery, schedulesQuery, triggerWords, type Schedule, type ScheduleAct, type ScheduleRun } from './queries';

const moment = (ms: number) => (
  <time className="nowrap" dateTime={new Date(ms).toISOString()}>{new Date(ms).toLocaleString()}</time>
);

export function ScheduleListPage() {
  const ws = useWorkspace();
  const query = useQuery(schedulesQuery(ws));
  const columns = useMemo(
    (): Column<Schedule>[] => [
      { id: 'name', header: 'Name', by: ({ name }) => name, cell: ({ name }) => <A to={to.schedule(ws, name)} className="row plain">{name}</A> },
      { id: 'trigger', header: 'Started by', cell: ({ spec }) => triggerWords(spec) },
      { id: 'next', header: 'Next', by: ({ next_times }) => next_times[0] ?? Infinity, cell: ({ next_times: [next] }) => (next === undefined ? '–' : <Ahead at={next} />) },
      { id: 'last', header: 'Last run', cell: ({ last_run }) => <Came run={last_run ?? undefined} /> },
      { id: 'as', header: 'Runs as', wide: true, by: ({ run_as }) => run_as, cell: ({ run_as }) => run_as },
      { id: 'on', header: 'On', cell: (schedule) => <OnOff ws={ws} schedule={schedule} /> },
    ],
    [ws],
  );
  return (
    <Page title="Schedules">
      <Panel flush>
        <Loaded query={query}>
          {(schedules) =>
            schedules.length === 0 ? (
              <Empty title="No schedules yet">
                A schedule submits a job by itself, at times or when something happens:
                <div style={{ marginTop: 12, textAlign: 'left' }}>
                  <CommandLine line={commandLine(['schedule', 'create', '-f', 'schedule.yml'], { ws, origin: window.location.origin })} />
                </div>
              </Empty>
            ) : (
              <DataTable label="Schedules" columns={columns} rows={schedules} id={({ name }) => name} />
            )
          }
        </Loaded>
      </Panel>
    </Page>
  );
}

function OnOff({ ws, schedule: { name, is_enabled } }: { ws: string; schedule: Schedule }) {
  const change = useChange<ScheduleAct>({ change: (action) => actOnSchedule(ws, name, action), stale: [['schedules', ws]] });
  return (
    <div className="over">
      <Switch checked={is_enabled} disabled={change.isPending} aria-label={`${name} is on`} onChange={() => change.mutate(is_enabled ? 'disable' : 'enable')} />
    </div>
  );
}

function Came({ run }: { run: ScheduleRun | undefined }) {
  if (run === undefined) return <>–</>;
  if (run.job === '') return <Status status={run.state === 'Imported' ? 'Completed' : run.state === 'Failed' ? 'Failed' : 'Running'} said={run.state === 'Imported' ? 'imported' : undefined} />;
  return <Status status={run.state === 'Failed' ? 'Failed' : run.job_status ?? 'Queued'} said={run.state === 'Failed' ? 'not submitted' : undefined} />;
}

const WHY: Record<string, string> = { due: 'its time', catch_up: 'made up for', by_hand: 'by hand', data_version: 'new data', drift_alarm: 'drift' };

export function SchedulePage() {
  const ws = useWorkspace();
  const { name } = useParams({ strict: false }) as { name: string };
  const query = useQuery(scheduleQuery(ws, name));
  const runs = useQuery(scheduleRunsQuery(ws, name));
  const change = useChange<ScheduleAct>({
    change: (action) => actOnSchedule(ws, name, action),
    stale: [['schedules', ws]],
    done: (action) => (action === 'trigger' ? 'The job is submitted.' : undefined),
  });
  const columns = useMemo(
    (): Column<ScheduleRun>[] => [
      { id: 'due', header: 'Due', by: ({ due_at }) => due_at, cell: ({ due_at }) => moment(due_at) },
      { id: 'why', header: 'Started by', by: ({ why }) => why, cell: ({ why, missed }) => `${WHY[why] ?? why}${missed > 0 ? `, for ${missed} more` : ''}` },
      { id: 'job', header: 'Job', cell: ({ job, state }) => (state === 'Submitted' ? <A to={to.job(ws, job)}>{job}</A> : job === '' ? 'data import' : job) },
      { id: 'state', header: 'State', cell: (run) => <Came run={run} /> },
      { id: 'reason', header: 'Said', wide: true, cell: ({ reason }) => <span style={{ overflowWrap: 'anywhere' }}>{reason ?? ''}</span> },
    ],
    [ws],
  );
  const enabled = query.data?.is_enabled ?? false;
  const actions = (
    <Group gap="xs">
      <Button size="xs" variant="default" loading={change.isPending} onClick={() => change.mutate('trigger')}>Run now</Button>
      <Button size="xs" variant="default" loading={change.isPending} onClick={() => change.mutate(enabled ? 'disable' : 'enable')}>{enabled ? 'Switch off' : 'Switch on'}</Button>
    </Group>
  );
  return (
    <Page title={name} crumbs={[{ label: 'Schedules', to: to.schedules(ws) }]} actions={actions}>
      <Loaded query={query}>
        {(schedule) => (
          <>
            <Panel>
              <Facts
                rows={[
                  ['Started by', triggerWords(schedule.spec)],
                  ['State', schedule.is_enabled ? 'on' : 'off'],
                  ['Runs as', schedule.run_as],
                  ['Changed', <Ago key="at" at={schedule.updated_at} />],
                ]}
              />
            </Panel>
            <Panel title="Next times" aside={<Text size="xs" c="dimmed">as your clock shows them</Text>}>
              {schedule.next_times.length === 0 ? (
                <Text size="sm" c="dimmed">{schedule.is_enabled ? 'It waits for something to happen, or has no more times.' : 'It is switched off.'}</Text>
              ) : (
                <ol className="times" aria-label="Next times">
                  {schedule.next_times.map((at) => (
                    <li key={at}>{moment(at)} <span className="quiet"><Ahead at={at} /></span></li>
                  ))}
                </ol>
              )}
            </Panel>
          </>
        )}
      </Loaded>
      <Panel title="Runs" flush>
        <Loaded query={runs}>{(rows) => (rows.length === 0 ? <Empty title="It has not run yet" /> : <DataTable label="Runs" columns={columns} rows={rows} id={({ id }) => id} />)}</Loaded>
      </Panel>
    </Page>
  );
}
