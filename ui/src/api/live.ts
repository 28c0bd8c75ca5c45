/** What changes in a workspace while a page looks at it, by server-sent events. One connection a page, none in a hidden one. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Problem } from './client';
import { follow } from './events';

export interface Changes {
  jobs: string[];
  runs: string[];
  /** More changed than was told. */
  all: boolean;
}

type Hear = (changes: Changes) => void;
const hearers = new Set<Hear>();

/** Calls with what changed, at most twice a second, while the page of a workspace is open. */
export function useChanges(hear: Hear) {
  useEffect(() => {
    hearers.add(hear);
    return () => void hearers.delete(hear);
  }, [hear]);
}

const AGAIN_MS = 3000;
const TAKE_MS = 1000;

/** Keeps the connection of a workspace. Says whether it stands. */
export function useLive(ws: string): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    let stop: AbortController | undefined;
    const connect = async (signal: AbortSignal) => {
      const url = `/api/v1/workspaces/${encodeURIComponent(ws)}/events`;
      for (let first = true; !signal.aborted; first = false) {
        // What happened in between was told to nobody.
        if (!first) hearers.forEach((hear) => hear({ jobs: [], runs: [], all: true }));
        try {
          await follow(url, signal, (events) => {
            for (const { event, data } of events) {
              if (event !== 'changed') continue;
              const changes = JSON.parse(data) as Changes;
              hearers.forEach((hear) => hear(changes));
            }
          }, () => setLive(true));
        } catch (error) {
          if (signal.aborted || (error instanceof Problem && error.status < 500)) return;
        }
        setLive(false);
        await new Promise((resume) => setTimeout(resume, AGAIN_MS));
      }
    };
    const look = () => {
      stop?.abort();
      stop = undefined;
      if (document.hidden) return setLive(false);
      stop = new AbortController();
      void connect(stop.signal);
    };
    // What changes all the time is looked at once a second.
    let held: Changes = { jobs: [], runs: [], all: false };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hear: Hear = (changes) => {
      held = { jobs: [...held.jobs, ...changes.jobs], runs: [...held.runs, ...changes.runs], all: held.all || changes.all };
      timer ??= setTimeout(take, TAKE_MS);
    };
    const take = () => {
      const { all } = held;
      const [jobs, runs] = [[...new Set(held.jobs)], [...new Set(held.runs)]];
      held = { jobs: [], runs: [], all: false };
      timer = undefined;
      for (const job of jobs) {
        void client.invalidateQueries({ queryKey: ['job', ws, job] });
        void client.invalidateQueries({ queryKey: ['run', ws, job] });
      }
      for (const run of runs) void client.invalidateQueries({ queryKey: ['run', ws, run] });
      if (all || runs.length > 0) void client.invalidateQueries({ queryKey: ['runs', ws, 'latest'] });
      if (all || jobs.length > 0) {
        for (const key of ['jobs', 'steps', 'assets', 'versions']) void client.invalidateQueries({ queryKey: [key, ws] });
      }
    };
    hearers.add(hear);
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      hearers.delete(hear);
      document.removeEventListener('visibilitychange', look);
      clearTimeout(timer);
      stop?.abort();
    };
  }, [client, ws]);
  return live;
}
