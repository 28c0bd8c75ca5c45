/** Says loudly where production is open to changes without a release, or somebody asks for that; one agrees or closes it here. */
import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useChange } from '../../parts/useChange';
import { actOnGlass, glassQuery, type Glass } from './queries';

export function BreakGlass({ workspaces }: { workspaces: readonly string[] }) {
  const query = useQuery(glassQuery(workspaces));
  return <>{(query.data ?? []).map((glass) => <One key={glass.id} glass={glass} />)}</>;
}

function One({ glass }: { glass: Glass }) {
  const { workspace, state, reason, asked_by, approved_by, expires_at, minutes, uses } = glass;
  const open = state === 'Open';
  const act = useChange<'approve' | 'close'>({ change: (action) => actOnGlass(glass, action), stale: [['break-glass'], ['release history']] });
  const title = open ? `The glass of ${workspace} is broken` : `${asked_by} asks to change ${workspace} without a release`;
  const until = new Date(expires_at).toLocaleTimeString();
  return (
    <Alert color={open ? 'red' : 'yellow'} icon={<IconAlertTriangle size={18} />} title={title} mb="md" role="region" aria-label={title}>
      <Text size="sm">“{reason}”</Text>
      <Text size="sm" mt={4}>
        {open
          ? `${asked_by} may change what answers until ${until}; ${approved_by ?? 'nobody'} agreed; used for ${uses} ${uses === 1 ? 'change' : 'changes'}.`
          : `For ${minutes} minutes, once somebody else agrees; by ${until} at the latest.`}
      </Text>
      <Group gap="xs" mt="sm">
        {!open && <Button size="xs" color="red" loading={act.isPending} onClick={() => act.mutate('approve')}>Agree to it</Button>}
        <Button size="xs" variant="default" loading={act.isPending} onClick={() => act.mutate('close')}>{open ? 'Close it' : 'Refuse it'}</Button>
      </Group>
    </Alert>
  );
}
