/** The environment that a job ran in: what it is, what the relaxed policy changed, and each package. */
import { Badge, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { duration, short } from '../../pure/format';
import { Copy } from '../../parts/Copy';
import { Facts } from '../../parts/Facts';
import { Panel } from '../../parts/Panel';
import { Empty } from '../../parts/States';
import type { Job } from './queries';

interface Prepared {
  name?: string | null;
  digest?: string;
  changes?: string[];
  reused?: boolean;
  took_ms?: number;
  lock?: {
    python?: { version: string; implementation: string };
    platform?: { os: string; arch: string; libc: string };
    packages?: { name: string; version: string }[];
    channel_packages?: { name: string; version: string }[];
  };
}

export function EnvironmentView({ job }: { job: Job }) {
  const [wanted, want] = useState('');
  const found = job.environment as Prepared | null | undefined;
  if (found == null) {
    return (
      <Panel title="Environment">
        <Empty title="No environment yet">
          {job.type === 'pipeline' ? 'Each step has one of its own.' : 'It is locked and built while the job prepares.'}
        </Empty>
      </Panel>
    );
  }
  const lock = found.lock ?? {};
  const packages = [
    ...(lock.packages ?? []).map((each) => ({ ...each, from: 'pip' })),
    ...(lock.channel_packages ?? []).map((each) => ({ ...each, from: 'conda' })),
  ].sort((a, b) => a.name.localeCompare(b.name));
  const shown = packages.filter((each) => each.name.includes(wanted.toLowerCase()));
  const changes = found.changes ?? [];
  return (
    <Stack gap="md">
      <Panel title="Environment" aside={found.reused === true ? <Badge variant="light">reused</Badge> : undefined}>
        <Facts
          rows={[
            ['Name', found.name],
            ['Digest', found.digest && (<span className="mono">{short(found.digest)} <Copy text={found.digest} what="Copy the digest" /></span>)],
            ['Python', lock.python?.version],
            ['Platform', lock.platform && `${lock.platform.os} ${lock.platform.arch}`],
            ['Packages', packages.length],
            ['Prepared in', found.took_ms !== undefined && duration(found.took_ms)],
          ]}
        />
      </Panel>
      {changes.length > 0 && (
        <Panel title="Changed by the relaxed policy" aside={<Badge color="orange" variant="light">{changes.length}</Badge>}>
          <List size="sm" spacing={4}>
            {changes.map((change) => (
              <List.Item key={change}>
                <span className="mono">{change}</span>
              </List.Item>
            ))}
          </List>
        </Panel>
      )}
      {packages.length > 0 && (
        <Panel
          title="Packages"
          flush
          aside={<TextInput size="xs" w={160} placeholder="Find" aria-label="Find a package" value={wanted} onChange={(event) => want(event.currentTarget.value)} />}
        >
          {shown.length === 0 ? (
            <Empty title={`No package is called ${wanted}`} />
          ) : (
            <table className="table" aria-label="Packages">
              <tbody>
                {shown.map((each) => (
                  <tr key={`${each.from} ${each.name}`}>
                    <td className="mono">{each.name}</td>
                    <td className="mono">{each.version || 'by address'}</td>
                    <td><Group justify="flex-end"><Text size="xs" c="dimmed">{each.from}</Text></Group></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Panel>
      )}
    </Stack>
  );
}
