/** Roles: who one is, and which role lets do what, as one table. */
import { Badge, Group, SegmentedControl, Table, Text, Tooltip } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/States';
import { useWorkspace } from '../../parts/useWorkspace';

type Role = Schemas['Role'];

export function RolePage() {
  const ws = useWorkspace();
  const roles = useQuery({ queryKey: ['roles'], queryFn: async () => (await ok(api.GET('/api/v1/roles'))).items });
  return (
    <Page title="Roles" below="Which role lets do what. Who has one here is told by tidemill assignment list.">
      <Loaded query={roles}>
        {(all) => (
          <>
            <Mine ws={ws} />
            <Panel flush>
              <Matrix roles={all} ws={ws} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

const session = (ws: string) => ({
  queryKey: ['session', ws],
  queryFn: () => ok(api.GET('/api/v1/session', { params: { query: { scope: `/workspaces/${ws}` } } })),
});

function Mine({ ws }: { ws: string }) {
  const query = useQuery(session(ws));
  return (
    <Panel title="You">
      <Loaded query={query} lines={1}>
        {({ principal, assignments, teams }) => (
          <Group gap="xs" p="md">
            <Text size="sm" fw={550}>
              {principal}
            </Text>
            {teams.map((team) => (
              <Badge key={team} variant="outline" tt="none">
                team {team}
              </Badge>
            ))}
            {assignments.map(({ name, role, scope }) => (
              <Badge key={name} variant="light" tt="none">
                {role} at {scope}
              </Badge>
            ))}
            {assignments.length === 0 && (
              <Text size="sm" c="dimmed">
                has no role yet: an owner gives one with tidemill role assign
              </Text>
            )}
          </Group>
        )}
      </Loaded>
    </Panel>
  );
}

function Matrix({ roles, ws }: { roles: readonly Role[]; ws: string }) {
  const [show, setShow] = useState('all');
  const mine = useQuery(session(ws)).data?.actions;
  const every = [...new Set(roles.flatMap((role) => role.allows))];
  const actions = every.filter((action) => show === 'all' || (mine?.includes(action) ?? false) === (show === 'mine'));
  return (
    <>
      <Group p="md">
        <SegmentedControl
          size="xs" aria-label="Which actions" value={show} onChange={setShow}
          data={[{ value: 'all', label: 'All actions' }, { value: 'mine', label: 'I may here' }, { value: 'others', label: 'I may not' }]}
        />
      </Group>
      <Table.ScrollContainer minWidth={900}>
        <Table stickyHeader highlightOnHover aria-label="Roles and actions" fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Action</Table.Th>
              {roles.map((role) => (
                <Table.Th key={role.name} ta="center" style={{ verticalAlign: 'bottom' }}>
                  <Tooltip label={role.description ?? role.name} multiline maw={320}>
                    <span tabIndex={0}>{role.name}</span>
                  </Tooltip>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {actions.map((action) => (
              <Table.Tr key={action}>
                <Table.Th scope="row" className="mono" fw={400}>
                  {action}
                </Table.Th>
                {roles.map((role) => (
                  <Table.Td key={role.name} ta="center">
                    {role.allows.includes(action) && <IconCheck size={15} role="img" aria-label={`${role.name}: yes`} />}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
