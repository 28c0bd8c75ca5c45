/** What a deployment said, and which requests it had. */
import { Group, SegmentedControl, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { DataTable, type Column } from '../../parts/DataTable';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import type { Schemas } from '../../api/client';
import { logQuery, requestsQuery, type Deployment } from './queries';

type Request = Schemas['ScoredRequest'];

const LOGS = [
  { value: 'inference-server', label: 'Server' },
  { value: 'storage-initializer', label: 'Environment' },
  { value: 'requests', label: 'Requests' },
];

export function Said({ ws, endpoint, deployments }: { ws: string; endpoint: string; deployments: readonly Deployment[] }) {
  const [chosen, choose] = useState<string | null>(null);
  const [what, look] = useState('inference-server');
  const names = deployments.map(({ name }) => name);
  const name = chosen !== null && names.includes(chosen) ? chosen : names[0];
  if (name === undefined) return null;
  const aside = (
    <Group gap="xs">
      {names.length > 1 && <Select size="xs" w={160} aria-label="Deployment of the log" data={names} value={name} onChange={choose} allowDeselect={false} />}
      <SegmentedControl size="xs" aria-label="Which log" data={LOGS} value={what} onChange={look} />
    </Group>
  );
  return (
    <Panel title="Logs" flush aside={aside}>
      {what === 'requests' ? <Requests ws={ws} endpoint={endpoint} name={name} /> : <Log ws={ws} endpoint={endpoint} name={name} container={what} />}
    </Panel>
  );
}

function Log({ ws, endpoint, name, container }: { ws: string; endpoint: string; name: string; container: string }) {
  const query = useQuery(logQuery(ws, endpoint, name, container));
  const holder = useRef<HTMLPreElement>(null);
  const text = query.data?.content;
  useEffect(() => {
    if (holder.current !== null) holder.current.scrollTop = holder.current.scrollHeight;
  }, [text]);
  return (
    <Loaded query={query}>
      {({ content, instance }) =>
        content === '' ? (
          <Empty title="Nothing yet">Lines appear here as they are written.</Empty>
        ) : (
          <>
            <Text size="xs" c="dimmed" px="md" pt="xs">{`Instance ${instance ?? ''}`}</Text>
            <pre className="text" ref={holder} tabIndex={0} aria-label="Log" style={{ maxHeight: 360, overflow: 'auto' }}>{content}</pre>
          </>
        )
      }
    </Loaded>
  );
}

function Requests({ ws, endpoint, name }: { ws: string; endpoint: string; name: string }) {
  const query = useQuery(requestsQuery(ws, endpoint, name));
  const columns = useMemo(
    (): Column<Request>[] => [
      { id: 'at', header: 'Time', by: ({ at }) => at, number: true, cell: ({ at }) => <Ago at={at} /> },
      { id: 'status', header: 'Status', by: ({ status }) => status, number: true, cell: ({ status, mirrored }) => (mirrored ? `${status} (copy)` : status) },
      { id: 'took', header: 'Took, ms', by: ({ took_ms }) => took_ms, number: true, cell: ({ took_ms }) => took_ms.toFixed(2) },
      { id: 'waited', header: 'Waited, ms', by: ({ waited_ms }) => waited_ms, number: true, wide: true, cell: ({ waited_ms }) => waited_ms.toFixed(2) },
      { id: 'instance', header: 'Instance', number: true, wide: true, cell: ({ instance }) => instance ?? '–' },
      { id: 'caller', header: 'Caller', by: ({ caller }) => caller, cell: ({ caller }) => caller },
      { id: 'id', header: 'Request', cell: ({ request_id }) => <span className="mono">{request_id}</span> },
    ],
    [],
  );
  return (
    <Loaded query={query}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="No requests yet" />
        ) : (
          <div style={{ maxHeight: 360, overflow: 'auto' }}>
            <DataTable label="Requests" columns={columns} rows={[...rows].reverse()} id={({ request_id, at, mirrored }) => `${request_id} ${at} ${mirrored}`} />
          </div>
        )
      }
    </Loaded>
  );
}
