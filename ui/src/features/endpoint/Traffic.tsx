/** Which deployment gets how much of the traffic: as a bar, and with sliders to change it. */
import { Button, Group, Slider, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useColours } from '../../parts/colours';
import { Panel } from '../../parts/Panel';
import { putTraffic, type Deployment, type Endpoint } from './queries';
import { shared } from './rates';

type Shares = Readonly<Record<string, number>>;

export function TrafficBar({ shares, names, small = false }: { shares: Shares; names?: readonly string[]; small?: boolean }) {
  const colours = useColours();
  const all = names ?? Object.keys(shares);
  const some = all.filter((name) => (shares[name] ?? 0) > 0);
  const said = some.map((name) => `${name} ${shares[name]}%`).join(', ') || 'none';
  return (
    <div>
      <div role="img" aria-label={`Traffic: ${said}`} style={{ display: 'flex', height: small ? 8 : 18, borderRadius: 6, overflow: 'hidden', background: 'var(--mantine-color-default-border)', minWidth: 120 }}>
        {some.map((name) => (
          <span key={name} style={{ width: `${shares[name]}%`, background: colours[all.indexOf(name) % colours.length] }} />
        ))}
      </div>
      <Text size="xs" c="dimmed" mt={4}>{some.length === 0 ? 'No deployment gets any traffic' : said}</Text>
    </div>
  );
}

export function Traffic({ ws, endpoint, deployments }: { ws: string; endpoint: Endpoint; deployments: readonly Deployment[] }) {
  const names = deployments.map(({ name }) => name);
  const now = endpoint.traffic as Shares;
  const [edited, edit] = useState<Record<string, number>>();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (shares: Record<string, number>) => putTraffic(ws, endpoint, shares),
    onSuccess: (saved) => {
      client.setQueryData(['endpoint', ws, endpoint.name], saved);
      void client.invalidateQueries({ queryKey: ['endpoints', ws] });
      edit(undefined);
    },
    onError: (error: Error) => notifications.show({ color: 'red', title: 'The traffic stays as it is', message: error.message }),
  });
  const shown: Shares = edited ?? now;
  const begin = () => edit(Object.fromEntries(names.map((name) => [name, now[name] ?? 0])));
  const mirrored = Object.entries(endpoint.mirror_traffic as Shares).filter(([, share]) => share > 0);
  const aside = edited === undefined && names.length > 0 ? (
    <Button size="xs" variant="default" onClick={begin}>Change</Button>
  ) : undefined;
  return (
    <Panel title="Traffic" aside={aside}>
      <TrafficBar shares={shown} names={names} />
      {mirrored.map(([name, share]) => (
        <Text key={name} size="xs" c="dimmed">{`${name} gets copies of ${share}% of the requests`}</Text>
      ))}
      {edited !== undefined && (
        <Stack gap="sm" mt="md">
          {names.map((name) => (
            <Group key={name} gap="md" wrap="nowrap">
              <Text size="sm" w={140} style={{ overflowWrap: 'anywhere' }}>{name}</Text>
              <Slider flex={1} value={edited[name] ?? 0} onChange={(value) => edit(shared(edited, name, value))} label={null} thumbLabel={`Traffic of ${name}`} thumbProps={{ 'aria-label': `Traffic of ${name}` }} />
              <Text size="sm" w={48} ta="right" className="mono">{`${edited[name] ?? 0}%`}</Text>
            </Group>
          ))}
          <Group gap="xs">
            <Button size="xs" loading={save.isPending} onClick={() => save.mutate(edited)}>Save</Button>
            <Button size="xs" variant="default" onClick={() => edit(undefined)}>Leave it</Button>
          </Group>
        </Stack>
      )}
    </Panel>
  );
}
