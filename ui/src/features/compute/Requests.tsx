/** Requests for computes: who may not make one asks here, and who may says yes or no. */
import { Badge, Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { DataTable, type Column } from '../../parts/DataTable';
import { Panel } from '../../parts/Panel';
import { Failure } from '../../parts/States';
import { Ago } from '../../parts/Time';

type Request = Schemas['ComputeRequest'];

const requestsQuery = (ws: string) => ({
  queryKey: ['compute requests', ws],
  queryFn: async () => (await ok(api.GET('/api/v1/workspaces/{ws}/compute-requests', { params: { path: { ws }, query: { limit: 200 } } }))).items,
});

const COLOURS: Record<string, string> = { requested: 'yellow', approved: 'teal', rejected: 'red' };

export function Requests({ ws }: { ws: string }) {
  const requests = useQuery(requestsQuery(ws));
  const session = useQuery({
    queryKey: ['session', ws],
    queryFn: () => ok(api.GET('/api/v1/session', { params: { query: { scope: `/workspaces/${ws}` } } })),
  });
  const may = session.data?.actions ?? [];
  const me = session.data?.principal;
  const decides = may.includes('computes/write');
  const queries = useQueryClient();
  const decide = useMutation({
    mutationFn: ({ name, action }: { name: string; action: string }) =>
      ok(api.POST('/api/v1/workspaces/{ws}/compute-requests/{request}', { params: { path: { ws, request: `${name}:${action}` } }, body: {} })),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['compute requests', ws] }), queries.invalidateQueries({ queryKey: ['computes', ws] })]),
  });
  const columns = useMemo(
    (): Column<Request>[] => [
      { id: 'compute', header: 'Compute', by: (one) => one.compute, cell: (one) => `${one.compute} (${size(one)})` },
      { id: 'by', header: 'Asked by', by: (one) => one.created_by, cell: (one) => one.created_by },
      { id: 'reason', header: 'What for', by: (one) => one.reason, cell: (one) => one.reason },
      { id: 'state', header: 'State', by: (one) => one.state, cell: (one) => <Badge color={COLOURS[one.state] ?? 'gray'} variant="light">{one.state}</Badge> },
      { id: 'asked', header: 'Asked', number: true, by: (one) => one.created_at, cell: (one) => <Ago at={one.created_at} /> },
      {
        id: 'act', header: '', by: () => '',
        cell: (one) =>
          decides && one.state === 'requested' && one.created_by !== me ? (
            <Group gap={4} wrap="nowrap">
              <Button size="compact-xs" onClick={() => decide.mutate({ name: one.name, action: 'approve' })} aria-label={`Approve ${one.compute}`}>Approve</Button>
              <Button size="compact-xs" variant="default" onClick={() => decide.mutate({ name: one.name, action: 'reject' })} aria-label={`Reject ${one.compute}`}>Reject</Button>
            </Group>
          ) : (
            one.comment ?? ''
          ),
      },
    ],
    [decides, me, decide],
  );
  const rows = requests.data ?? [];
  if (rows.length === 0 && !may.includes('computes/request')) return null;
  return (
    <Panel title="Requests" flush={rows.length > 0}>
      {rows.length > 0 && <DataTable label="Requests for computes" columns={columns} rows={rows} id={(one) => one.name} />}
      {decide.error !== null && <Failure error={decide.error} />}
      {may.includes('computes/request') && !decides && <Ask ws={ws} />}
      {rows.length === 0 && decides && <Text size="sm" c="dimmed">Nobody asks for a compute.</Text>}
    </Panel>
  );
}

function Ask({ ws }: { ws: string }) {
  const [name, setName] = useState('');
  const [nodes, setNodes] = useState<number | string>(1);
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const ask = useMutation({
    mutationFn: () =>
      ok(api.POST('/api/v1/workspaces/{ws}/compute-requests', {
        params: { path: { ws } }, body: { name: name.trim(), reason, spec: { type: 'amlcompute', max_instances: Number(nodes) } as object as Schemas['NewComputeRequest']['spec'] },
      })),
    onSuccess: () => {
      setName('');
      setReason('');
      return queries.invalidateQueries({ queryKey: ['compute requests', ws] });
    },
  });
  return (
    <form
      style={{ padding: 12 }}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate();
      }}
    >
      <Stack gap="xs">
        <Group gap="xs" align="flex-end">
          <TextInput size="xs" label="Compute" value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <NumberInput size="xs" w={90} label="Nodes" min={1} value={nodes} onChange={setNodes} />
          <TextInput size="xs" style={{ flex: 1 }} label="What for" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <Button size="xs" type="submit" loading={ask.isPending} disabled={name.trim() === '' || reason.trim() === ''}>Ask for it</Button>
        </Group>
        {ask.error !== null && <Failure error={ask.error} />}
      </Stack>
    </form>
  );
}

/** Such as `amlcompute, 4 nodes`. */
function size({ spec }: Request): string {
  const fields = spec as { type?: string; max_instances?: number };
  return fields.max_instances === undefined ? (fields.type ?? '') : `${fields.type ?? ''}, ${fields.max_instances} nodes`;
}
