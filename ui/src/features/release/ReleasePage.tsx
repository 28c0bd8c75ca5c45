/** The release board: what is in which stage, what its gates found, who must act; and what was in production when. */
import { Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { CommandLine } from '../../parts/Copy';
import { Page } from '../../parts/Page';
import { Panel } from '../../parts/Panel';
import { Empty, Loaded } from '../../parts/States';
import { useWorkspace } from '../../parts/useWorkspace';
import { commandLine } from '../job/command';
import { key, lanes, type Lane } from './board';
import { BreakGlass } from './BreakGlass';
import { CardView } from './CardView';
import { boardQuery, type BoardData } from './queries';
import { TimeLine } from './TimeLine';

export function ReleasePage() {
  const ws = useWorkspace();
  const query = useQuery(boardQuery(ws));
  return (
    <Page title="Releases" below="From the first stage to production, each behind its gates">
      <Loaded query={query}>
        {({ releases, places }) => (
          <>
            <BreakGlass workspaces={places.map(({ name }) => name)} />
            {releases.length === 0 ? <None ws={ws} /> : <Board releases={releases} places={places} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function None({ ws }: { ws: string }) {
  return (
    <Panel>
      <Empty title="No releases yet">
        A release brings what a deployment of the first stage runs through the others:
        <div style={{ marginTop: 12, textAlign: 'left' }}>
          <CommandLine line={commandLine(['release', 'create', '-f', 'release.yml'], { ws, origin: window.location.origin })} />
        </div>
      </Empty>
    </Panel>
  );
}

function Board({ releases, places }: BoardData) {
  const all = useMemo(() => lanes(releases), [releases]);
  const last = all.at(-1)?.stage;
  const production = places.filter(({ stage }) => stage === last).map(({ name }) => name);
  return (
    <>
      <div className="board">
        {all.map((lane) => (
          <LaneView key={lane.stage} lane={lane} last={lane.stage === last} />
        ))}
      </div>
      {last !== undefined && production.length > 0 && <TimeLine stage={last} workspaces={production} releases={releases} />}
    </>
  );
}

function LaneView({ lane, last }: { lane: Lane; last: boolean }) {
  return (
    <section className="lane" aria-label={lane.stage}>
      <header>
        <h2>{lane.stage}</h2>
        {lane.live.map((release) => (
          <Badge key={key(release)} variant="light" color="teal" tt="none">{key(release)} answers</Badge>
        ))}
      </header>
      {lane.cards.length === 0 && <Text size="sm" c="dimmed">Nothing stands here.</Text>}
      {lane.cards.map((card) => (
        <CardView key={key(card.release)} card={card} last={last} />
      ))}
    </section>
  );
}
