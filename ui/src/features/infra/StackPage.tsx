/** One stack: what it manages, and what is not any more as it was applied. */
import { Badge, Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { A } from '../../parts/A';
import { DataTable, type Column } from '../../parts/DataTable';
import { Diff } from '../../parts/Diff';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Ago } from '../../parts/Time';
import { useWorkspace } from '../../parts/useWorkspace';
import { to } from '../../pure/links';
import { yaml } from '../../pure/yaml';
import { driftQuery, stackQuery, type Drift, type Stack } from './queries';

type Managed = Stack['resources'][number];
type Moved = Drift['items'][number];

export function StackPage() {
  const ws = useWorkspace();
  const { stack: name } = useParams({ strict: false }) as { stack: string };
  const query = useQuery(stackQuery(name));
  const drift = useQuery(driftQuery(name));
  const columns = useMemo(
    (): Column<Managed>[] => [
      { id: 'address', header: 'Resource', by: ({ address }) => address, cell: ({ address }) => address },
      { id: 'scope', header: 'Where', wide: true, by: ({ scope }) => scope, cell: ({ scope }) => <span className="mono">{scope}</span> },
      { id: 'plan', header: 'Plan', cell: ({ plan }) => <A to={to.infraPlan(ws, plan)} className="link mono">{plan.slice(-8)}</A> },
      { id: 'when', header: 'Applied', number: true, by: ({ applied_at }) => applied_at, cell: ({ applied_at }) => <Ago at={applied_at} /> },
    ],
    [ws],
  );
  return (
    <Page
      title={name} crumbs={[{ label: 'Infrastructure', to: to.infra(ws) }]}
      below={query.data?.applied_by != null && `Applied by ${query.data.applied_by}`}
      actions={<A to={to.infra(ws)} search={{ stack: name }}>Its plans</A>}
    >
      <Panel title="Drift" flush aside={<Button size="xs" variant="default" loading={drift.isFetching} onClick={() => void drift.refetch()}>Look again</Button>}>
        <Loaded query={drift}>
          {({ items, looked_at }) =>
            items.length === 0 ? (
              <Empty title="Nothing has moved">All of its {looked_at} resources are as they were applied.</Empty>
            ) : (
              items.map((moved) => <Moved key={moved.address} moved={moved} />)
            )
          }
        </Loaded>
      </Panel>
      <Panel title="Resources" flush>
        <Loaded query={query}>
          {({ resources }) => (resources.length === 0 ? <Empty title="It manages nothing any more" /> : <DataTable label="Resources" columns={columns} rows={resources} id={({ address }) => address} />)}
        </Loaded>
      </Panel>
    </Page>
  );
}

/** What differs, as YAML of the fields alone. */
const side = (fields: Moved['fields'], which: 'before' | 'after') =>
  yaml(Object.fromEntries(fields.flatMap((field) => (field[which] == null ? [] : [[field.path, field[which] as unknown]]))));

function Moved({ moved: { address, how, fields } }: { moved: Moved }) {
  return (
    <details className="change" open>
      <summary>
        <Badge size="sm" variant="light" color={how === 'gone' ? 'red' : 'yellow'}>{how}</Badge> <strong>{address}</strong>
      </summary>
      {fields.length > 0 ? <Diff label={`Applied, and there now: ${address}`} before={side(fields, 'before')} after={side(fields, 'after')} /> : <Text size="sm" c="dimmed" px="md">It is not there any more.</Text>}
    </details>
  );
}
