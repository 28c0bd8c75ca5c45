/** One plan: what it changes, field by field, what must hold before it is applied, who agreed, and what tests found. */
import { Alert, Badge, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconHourglass } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { A } from '../../parts/A';
import { CommandLine } from '../../parts/Copy';
import { Diff } from '../../parts/Diff';
import { Facts } from '../../parts/Facts';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { Status } from '../../parts/Status';
import { Ago } from '../../parts/Time';
import { useChange } from '../../parts/useChange';
import { useWorkspace } from '../../parts/useWorkspace';
import { to } from '../../pure/links';
import { yaml } from '../../pure/yaml';
import { commandLine } from '../job/command';
import { planQuery, vote, type Plan, type Step, type Vote } from './queries';
import { isPending, sign, STATUS, summary, TEST_STATUS } from './words';

export function PlanPage() {
  const ws = useWorkspace();
  const { plan: id } = useParams({ strict: false }) as { plan: string };
  const query = useQuery(planQuery(id));
  const plan = query.data;
  return (
    <Page
      title={`Plan ${id.slice(-8)}`} crumbs={[{ label: 'Infrastructure', to: to.infra(ws) }]}
      beside={plan !== undefined && <Status size="lg" status={STATUS[plan.state] ?? plan.state} said={plan.state} />}
      below={plan !== undefined && `${plan.stack}: ${summary(plan)}`}
      actions={plan !== undefined && isPending(plan.state) && plan.gates.some(({ gate }) => gate === 'approvals') && <Votes plan={plan} />}
    >
      <Loaded query={query}>{(plan) => <One ws={ws} plan={plan} />}</Loaded>
    </Page>
  );
}

function One({ ws, plan }: { ws: string; plan: Plan }) {
  const { steps, lacking, blocked, notes, tests, gates, error } = plan;
  const acts = steps.filter(({ action }) => action !== 'keep');
  return (
    <>
      {error != null && <Alert color="red" icon={<IconAlertTriangle size={18} />} title="It failed">{error}</Alert>}
      {isPending(plan.state) && (blocked.length > 0 || lacking.length > 0) && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title={blocked.length > 0 ? 'It cannot be applied as it is' : 'You may not apply it'}>
          {[...blocked, ...lacking].map((why) => <Text size="sm" key={why}>{why}</Text>)}
        </Alert>
      )}
      <Panel>
        <Facts
          rows={[
            ['Stack', <A key="stack" to={to.infraStack(ws, plan.stack)}>{plan.stack}</A>],
            ['Stages', plan.stages.join(', ') || 'none'],
            ['Made', <span key="made">by {plan.created_by}, <Ago at={plan.created_at} /></span>],
            ...(plan.branch == null ? [] : [['Branch', `${plan.branch}${plan.commit == null ? '' : ` at ${plan.commit}`}`] as [string, ReactNode]]),
            ...(plan.applied_by == null ? [] : [['Applied', <span key="applied">by {plan.applied_by}, <Ago at={plan.ended_at ?? plan.started_at ?? plan.created_at} /></span>] as [string, ReactNode]]),
          ]}
        />
        {plan.state === 'planned' && plan.has_changes && (
          <div style={{ marginTop: 12 }}>
            <CommandLine line={commandLine(['infra', 'apply', plan.id], { ws, origin: window.location.origin })} />
          </div>
        )}
      </Panel>
      {gates.length > 0 && <Gates plan={plan} />}
      {tests.length > 0 && <Tests plan={plan} />}
      <Panel title="Changes" flush>
        {acts.length === 0 ? <Empty title="No changes">Everything is as the files want it.</Empty> : acts.map((step) => <Change key={step.address} step={step} />)}
      </Panel>
      {notes.length > 0 && (
        <Panel title="What has no meaning here">
          <ul className="findings" aria-label="What has no meaning here">
            {notes.map(({ what, why }) => (
              <li key={what}><span><strong>{what}</strong> {why}</span></li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

const VERDICTS: Record<string, [typeof IconCheck, string]> = { passed: [IconCheck, 'good'], waiting: [IconHourglass, 'open'], refused: [IconAlertTriangle, 'bad'] };

function Gates({ plan: { gates } }: { plan: Plan }) {
  return (
    <Panel title="Before it is applied">
      <ul className="findings" aria-label="Gates">
        {gates.map(({ stage, gate, verdict, says, who }) => {
          const [Icon, colour] = VERDICTS[verdict] ?? [IconHourglass, 'open'];
          return (
            <li key={`${stage} ${gate} ${says}`}>
              <Icon size={15} role="img" aria-label={verdict} className={colour} />
              <span>
                <strong>{stage}, {gate}</strong> {says}
                {who.length > 0 && `; it waits for ${who.join(', ')}`}
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Tests({ plan: { tests } }: { plan: Plan }) {
  return (
    <Panel title="Tests">
      <ul className="findings" aria-label="Tests">
        {tests.map(({ name, state, says }) => (
          <li key={name}>
            <Status status={TEST_STATUS[state] ?? state} said={state} />
            <span><strong>{name}</strong> {says}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const COLOURS: Record<string, string> = { create: 'teal', change: 'yellow', replace: 'orange', delete: 'red' };

/** A value as YAML; nothing is an empty text. */
const shown = (value: unknown) => (value === null || value === undefined ? '' : yaml(value));

function Change({ step }: { step: Step }) {
  const { address, action, why, before, after, loses, lacking, file, line, state, error } = step;
  const [was, is] = [shown(before), shown(after)];
  return (
    <details className="change" open={action !== 'create'}>
      <summary>
        <Badge size="sm" variant="light" color={COLOURS[action] ?? 'gray'}>{sign(action)} {action}</Badge> <strong>{address}</strong>{' '}
        <Text component="span" size="sm" c="dimmed">{why}{file != null && `, ${file}${line == null ? '' : `:${line}`}`}{state != null && `, ${state}`}</Text>
      </summary>
      {[...loses.map((lost) => `It loses ${lost}.`), ...lacking, ...(error == null ? [] : [error])].map((text) => (
        <Text size="sm" c="red" key={text} px="md">{text}</Text>
      ))}
      {was !== is && <Diff label={`Before and after of ${address}`} before={was} after={is} />}
    </details>
  );
}

const ASKS: Record<Vote, string> = { approve: 'Approve', reject: 'Reject' };

function Votes({ plan }: { plan: Plan }) {
  const [asked, ask] = useState<Vote>();
  return (
    <Group gap="xs">
      <Button size="xs" onClick={() => ask('approve')}>Approve</Button>
      <Button size="xs" variant="default" onClick={() => ask('reject')}>Reject</Button>
      {asked !== undefined && <Asked plan={plan} what={asked} onClose={() => ask(undefined)} />}
    </Group>
  );
}

function Asked({ plan, what, onClose }: { plan: Plan; what: Vote; onClose: () => void }) {
  const [comment, say] = useState('');
  const change = useChange({ change: () => vote(plan.id, what, comment), stale: [['infra']] });
  return (
    <Modal opened onClose={onClose} title={`${ASKS[what]} the plan of ${plan.stack}`} centered>
      <Stack gap="sm">
        <Textarea label="Comment" description="It is kept with the plan, and in the audit log." value={comment} onChange={(event) => say(event.currentTarget.value)} autosize minRows={2} data-autofocus />
        <Group gap="xs">
          <Button size="xs" color={what === 'reject' ? 'red' : undefined} loading={change.isPending} onClick={() => change.mutate(undefined, { onSuccess: onClose })}>{ASKS[what]}</Button>
          <Button size="xs" variant="default" onClick={onClose}>Leave it</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
