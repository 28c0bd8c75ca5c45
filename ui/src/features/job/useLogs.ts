/** Follows the logs of a job and its steps while a page shows them. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Problem } from '../../api/client';
import { follow } from '../../api/events';
import { addPieces, type LogPiece, type Logs } from './logs';

const AGAIN_MS = 2000;

export interface Following {
  logs: Logs;
  /** What the job does now, in its own words. */
  progress?: string;
  state: 'connecting' | 'live' | 'ended';
  error?: Error;
}

export function useLogs(ws: string, name: string, attempt: number): Following {
  const client = useQueryClient();
  const [following, setFollowing] = useState<Following>({ logs: {}, state: 'connecting' });
  useEffect(() => {
    const stop = new AbortController();
    const url = `/api/v1/workspaces/${encodeURIComponent(ws)}/jobs/${encodeURIComponent(name)}/logs?follow=true`;
    setFollowing({ logs: {}, state: 'connecting' });
    void (async () => {
      let ended = false;
      while (!ended && !stop.signal.aborted) {
        try {
          await follow(url, stop.signal, (events) => {
            const pieces: LogPiece[] = [];
            let progress: string | undefined;
            for (const { event, data } of events) {
              const said = JSON.parse(data) as LogPiece & { message?: string };
              if (event === 'log') pieces.push(said);
              else if (event === 'progress') progress = said.message;
              else if (event === 'end') ended = true;
              else if (event === 'status') {
                progress = undefined;
                void client.invalidateQueries({ queryKey: ['job', ws, name] });
                void client.invalidateQueries({ queryKey: ['steps', ws, name] });
              }
            }
            setFollowing((before) => ({
              logs: pieces.length > 0 ? addPieces(before.logs, pieces) : before.logs,
              state: ended ? 'ended' : 'live',
              progress: progress ?? (ended ? undefined : before.progress),
            }));
          });
        } catch (error) {
          if (stop.signal.aborted) return;
          setFollowing((before) => ({ ...before, error: error as Error }));
          if (error instanceof Problem && error.status < 500) return;
        }
        if (!ended) await new Promise((resume) => setTimeout(resume, AGAIN_MS));
      }
    })();
    return () => stop.abort();
  }, [client, ws, name, attempt]);
  return following;
}
