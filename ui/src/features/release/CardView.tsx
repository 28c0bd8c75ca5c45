/** A release in a stage: its gates with what they found, and what one can do about it. */
import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconHourglass } from '@tabler/icons-react';
import { useState } from 'react';
import { to } from '../../pure/links';
import { A } from '../../parts/A';
import { Status } from '../../parts/Status';
import { Ago } from '../../parts/Time';
import { useChange } from '../../parts/useChange';
import { evidence, findings, isOnItsWay, key, share, strays, type Card, type Finding } from './board';
import { act, type Act } from './queries';

const STATUS: Record<string, string> = {
  Waiting: 'Queued', Deploying: 'Starting', Testing: 'Running', RollingOut: 'Running', Live: 'Completed', Rejected: 'Canceled', RolledBack: 'Canceled', Failed: 'Failed',
};
const SAID: Record<string, string> = {
  Waiting: 'waits', Deploying: 'comes up', Testing: 'is tested', RollingOut: 'rolls out', Live: 'answers', Superseded: 'was replaced', Rejected: 'rejected', RolledBack: 'taken back', Failed: 'failed',
};

export const ASKS: Record<Act, string> = { promote: 'Promote', approve: 'Approve', reject: 'Reject', rollback: 'Roll back' };

export function CardView({ card, last }: { card: Card; last: boolean }) {
  const { release, stage, next, ahead } = card;
  const { state } = stage;
  const [asked, ask] = useState<Act>();
  const again = ['Failed', 'Rejected', 'RolledBack'].includes(state);
  const name = key(release);
  return (
    <article className="card" aria-label={`${name} in ${stage.stage}`}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <h3>{name}</h3>
        <Status status={STATUS[state] ?? state} said={SAID[state] ?? state} />
      </Group>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {release.model ?? 'no model'} · by {release.author} · <Ago at={stage.updated_at ?? release.created_at} />
      </Text>
      {stage.reason != null && <Text size="sm" mt={6}>{stage.reason}</Text>}
      {strays(stage) && <Text size="sm" mt={6} c="red">{share(stage)}</Text>}
      {ahead !== undefined && <Text size="xs" c="dimmed" mt={6}>Went on to {ahead.stage}, where it {SAID[ahead.state] ?? ahead.state}.</Text>}
      <Findings found={findings(evidence(release, stage))} />
      <Group gap="xs" mt="sm">
        {state === 'Waiting' && <Button size="xs" onClick={() => ask('approve')}>Approve</Button>}
        {state === 'Waiting' && <Button size="xs" variant="default" onClick={() => ask('reject')}>Reject</Button>}
        {state === 'Live' && next !== undefined && ahead === undefined && <Button size="xs" variant="default" onClick={() => ask('promote')}>Promote to {next}</Button>}
        {again && <Button size="xs" variant="default" onClick={() => ask('promote')}>Promote again</Button>}
        {state === 'Live' && last && <Button size="xs" variant="default" onClick={() => ask('rollback')}>Roll back</Button>}
      </Group>
      {asked !== undefined && (
        <Asked key={asked} card={card} action={asked} stage={asked === 'promote' ? (again ? stage.stage : next) : asked === 'rollback' ? stage.stage : undefined} onClose={() => ask(undefined)} />
      )}
      {isOnItsWay(state) && state !== 'Waiting' && <Text size="xs" c="dimmed" mt={6}>It goes on by itself.</Text>}
    </article>
  );
}

function Findings({ found }: { found: Finding[] }) {
  if (found.length === 0) return null;
  return (
    <ul className="findings" aria-label="What was found">
      {found.map(({ title, good, says, model }, at) => (
        <li key={at}>
          <Mark good={good} />
          <span>
            <strong>{title}</strong> {says}
            {model !== undefined && <>{' '}<A to={to.asset(model.workspace, 'models', model.name)}>Reports of {model.name}</A></>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Mark({ good }: { good: boolean | undefined }) {
  if (good === true) return <IconCheck size={15} role="img" aria-label="passed" className="good" />;
  if (good === false) return <IconAlertTriangle size={15} role="img" aria-label="not passed" className="bad" />;
  return <IconHourglass size={15} role="img" aria-label="waits" className="open" />;
}

/** Asks for a word about it, and does it. */
export function Asked({ card, action, stage, onClose }: { card: Pick<Card, 'release'>; action: Act; stage: string | undefined; onClose: () => void }) {
  const [comment, say] = useState('');
  const name = key(card.release);
  const change = useChange({
    change: () => act(card.release, action, stage, comment),
    stale: [['releases'], ['release history']],
  });
  const where = stage === undefined ? '' : action === 'rollback' ? ` in ${stage}` : ` to ${stage}`;
  return (
    <Modal opened onClose={onClose} title={`${ASKS[action]} ${name}${where}`} centered>
      <Stack gap="sm">
        {action !== 'promote' && <Textarea label="Comment" description="It stays in the history." value={comment} onChange={(event) => say(event.currentTarget.value)} autosize minRows={2} data-autofocus />}
        <Group gap="xs">
          <Button size="xs" loading={change.isPending} color={action === 'reject' || action === 'rollback' ? 'red' : undefined} onClick={() => change.mutate(undefined, { onSuccess: onClose })}>
            {ASKS[action]}
          </Button>
          <Button size="xs" variant="default" onClick={onClose}>Leave it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
