/** The state of a job or run, as a word with a colour that means the same everywhere. */
import { Badge } from '@mantine/core';
import type { CSSProperties } from 'react';

const COLOURS: Record<string, string> = {
  NotStarted: 'gray', Queued: 'yellow', Starting: 'indigo', Preparing: 'indigo', Running: 'blue', Finalizing: 'indigo',
  CancelRequested: 'orange', Completed: 'teal', Failed: 'red', Canceled: 'gray', Skipped: 'gray',
  SCHEDULED: 'yellow', RUNNING: 'blue', FINISHED: 'teal', FAILED: 'red', KILLED: 'gray',
};

const WORDS: Record<string, string> = {
  NotStarted: 'Not started', CancelRequested: 'Cancelling',
  SCHEDULED: 'Scheduled', RUNNING: 'Running', FINISHED: 'Finished', FAILED: 'Failed', KILLED: 'Killed',
};

const LIVES = ['Starting', 'Preparing', 'Running', 'Finalizing', 'CancelRequested', 'RUNNING'];
const OVER = ['Completed', 'Failed', 'Canceled', 'Skipped'];

export const isOver = (status: string) => OVER.includes(status);
export const lives = (status: string) => LIVES.includes(status);
export const statusWord = (status: string) => WORDS[status] ?? status;
const tint = (status: string) => `var(--mantine-color-${COLOURS[status] ?? 'gray'}-${status === 'NotStarted' ? 4 : 6})`;

/** Colours the edge of a node. */
export const tinted = (status: string): CSSProperties => ({ ['--tint' as never]: tint(status) });

export function Dot({ status }: { status: string }) {
  return <span className={lives(status) ? 'dot lives' : 'dot'} style={{ color: tint(status) }} aria-hidden />;
}

/** `said` stands for the word where the thing has one of its own for the same state. */
export function Status({ status, said, size = 'md' }: { status: string; said?: string; size?: 'md' | 'lg' }) {
  return (
    <Badge variant="light" size={size} color={COLOURS[status] ?? 'gray'} style={{ minWidth: 'max-content' }} leftSection={<span className={lives(status) ? 'dot lives' : 'dot'} aria-hidden />}>
      {said ?? statusWord(status)}
    </Badge>
  );
}
