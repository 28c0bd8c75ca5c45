/** Jobs as rows. */
import { Box, Text } from '@mantine/core';
import { useMemo } from 'react';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { DataTable, type Column } from '../../parts/DataTable';
import { Status } from '../../parts/Status';
import { Ago, Lasted } from '../../parts/Time';
import type { Job } from './queries';

export function JobTable({ ws, jobs, label = 'Jobs' }: { ws: string; jobs: readonly Job[]; label?: string }) {
  const columns = useMemo(
    (): Column<Job>[] => [
      {
        id: 'name', header: 'Job', by: (job) => job.display_name ?? job.name,
        cell: (job) => (
          <Box style={{ overflowWrap: 'anywhere' }}>
            <A to={to.job(ws, job.name)} className="row plain">
              {job.display_name ?? job.name}
            </A>
            <Text size="xs" c="dimmed">
              {job.type}
              {job.display_name !== null && job.display_name !== job.name && <span className="wide"> · <span className="mono">{job.name}</span></span>}
            </Text>
          </Box>
        ),
      },
      { id: 'status', header: 'State', by: (job) => job.status, cell: (job) => <Status status={job.status} /> },
      { id: 'experiment', header: 'Experiment', wide: true, by: (job) => job.experiment_name, cell: (job) => job.experiment_name },
      { id: 'compute', header: 'Compute', wide: true, by: (job) => job.compute ?? '', cell: (job) => job.compute ?? '–' },
      {
        id: 'lasted', header: 'Lasted', number: true, wide: true,
        by: (job) => (job.ended_at ?? Date.now()) - (job.started_at ?? Date.now()),
        cell: (job) => <Lasted from={job.started_at} until={job.ended_at} />,
      },
      { id: 'created', header: 'Created', number: true, by: (job) => job.created_at, cell: (job) => <Ago at={job.created_at} /> },
    ],
    [ws],
  );
  return <DataTable label={label} columns={columns} rows={jobs} id={(job) => job.name} />;
}
