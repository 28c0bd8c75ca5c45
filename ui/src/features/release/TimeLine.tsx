/** What was in production when, why, and who agreed; and the way back. */
import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/States';
import { Asked } from './CardView';
import { key } from './board';
import { lineQuery, type Release, type ReleaseEvent } from './queries';

const WORDS: Record<string, string> = {
  created: 'was made', promoted: 'is brought here', approved: 'is agreed to', rejected: 'is refused', passed: 'has passed its gates', deployed: 'came up',
  tested: 'passed its system tests', step: 'took a share of the requests', live: 'answers', superseded: 'was replaced', rolled_back: 'was taken back', failed: 'failed',
  break_glass_asked: 'is asked for', break_glass_opened: 'is agreed to', break_glass_used: 'was used to change it without a release', break_glass_closed: 'was closed',
};
const LOUD = ['live', 'rolled_back', 'failed', 'rejected', 'break_glass_asked', 'break_glass_opened', 'break_glass_used'];

export function TimeLine({ stage, workspaces, releases }: { stage: string; workspaces: readonly string[]; releases: readonly Release[] }) {
  const query = useQuery(lineQuery(workspaces));
  const [back, ask] = useState<Release>();
  const live = releases.find((release) => release.stages.some((one) => one.stage === stage && one.state === 'Live' && one.previous != null));
  const aside = live === undefined ? undefined : <Button size="xs" variant="default" onClick={() => ask(live)}>{`Back from ${key(live)}`}</Button>;
  return (
    <Panel title={`Time line of ${stage}`} aside={aside}>
      <Loaded query={query}>
        {(events) =>
          events.length === 0 ? (
            <Text size="sm" c="dimmed">No release has come here yet.</Text>
          ) : (
            <ol className="line" aria-label={`Time line of ${stage}`}>
              {events.map((event) => (
                <li key={event.id} className={LOUD.includes(event.kind) ? 'loud' : undefined} data-kind={event.kind}>
                  <time dateTime={new Date(event.at).toISOString()}>{new Date(event.at).toLocaleString()}</time>
                  <span>
                    <strong>{event.release}</strong> {WORDS[event.kind] ?? event.kind}
                    {event.who !== 'system' && ` by ${event.who}`}
                    {said(event)}
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
      {back !== undefined && <Asked card={{ release: back }} action="rollback" stage={stage} onClose={() => ask(undefined)} />}
    </Panel>
  );
}

/** The comment or the reason of an event. */
function said({ detail }: ReleaseEvent): string {
  const { comment, why, by } = detail as { comment?: unknown; why?: unknown; by?: unknown };
  const words = [comment, why].find((one) => typeof one === 'string' && one !== '');
  if (words !== undefined) return `: “${String(words)}”`;
  return typeof by === 'string' ? ` by ${by}` : '';
}
