/** The deployments of an endpoint, how far each has come, and why one has failed. */
import { Code, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { A } from '../../parts/A';
import { DataTable, type Column } from '../../parts/DataTable';
import { Panel } from '../../parts/Panel';
import { Status } from '../../parts/Status';
import { Empty } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { assetLink } from '../../pure/links';
import type { Deployment } from './queries';

export function Deployments({ ws, deployments }: { ws: string; deployments: readonly Deployment[] }) {
  const columns = useMemo(
    (): Column<Deployment>[] => [
      { id: 'name', header: 'Name', by: ({ name }) => name, cell: ({ name }) => name },
      { id: 'state', header: 'State', by: ({ provisioning_state }) => provisioning_state, cell: (deployment) => <State deployment={deployment} /> },
      {
        id: 'instances', header: 'Instances', number: true, by: ({ ready_instances }) => ready_instances,
        cell: ({ ready_instances, instance_count }) => `${ready_instances} of ${instance_count} ready`,
      },
      { id: 'model', header: 'Model', cell: ({ model }) => <ModelLink ws={ws} model={model} /> },
      { id: 'environment', header: 'Environment', wide: true, cell: ({ environment }) => environment ?? '–' },
      { id: 'updated', header: 'Changed', number: true, by: ({ updated_at }) => updated_at, cell: ({ updated_at }) => <Ago at={updated_at} /> },
    ],
    [ws],
  );
  const told = deployments.filter(({ reason }) => reason !== null && reason !== undefined);
  return (
    <Panel title="Deployments" flush>
      {deployments.length === 0 ? (
        <Empty title="No deployments yet">tidemill online-deployment create makes one.</Empty>
      ) : (
        <DataTable label="Deployments" columns={columns} rows={deployments} id={({ name }) => name} />
      )}
      {told.map(({ name, reason }) => (
        <Stack key={name} gap={4} p="md">
          <Text size="sm" fw={550}>{name}</Text>
          <Code block style={{ whiteSpace: 'pre-wrap' }}>{reason}</Code>
        </Stack>
      ))}
    </Panel>
  );
}

const WORDS: Record<string, string> = { Creating: 'Starting', Updating: 'Starting', Succeeded: 'Completed', Deleting: 'CancelRequested' };
const SAID: Record<string, string> = { Creating: 'comes up', Updating: 'changes', Succeeded: 'answers', Failed: 'failed', Deleting: 'ends' };

function State({ deployment }: { deployment: Deployment }) {
  const { provisioning_state: state, message } = deployment;
  return (
    <Stack gap={2}>
      <Status status={WORDS[state] ?? state} said={SAID[state] ?? state} />
      {message !== null && message !== undefined && <Text size="xs" c="dimmed">{message}</Text>}
    </Stack>
  );
}

function ModelLink({ ws, model }: { ws: string; model: string | null | undefined }) {
  const link = assetLink(ws, model);
  return link === undefined ? <>{model ?? '–'}</> : <A to={link}>{model}</A>;
}
