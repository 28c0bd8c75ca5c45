/** What a plan does and how far it is, in words. */
import type { Plan } from './queries';

type Counts = Plan['counts'];

const DONE: Record<keyof Counts, string> = {
  create: 'created', change: 'changed', replace: 'replaced', delete: 'deleted', adopt: 'taken over', forget: 'let go of', keep: 'left alone',
};
const PLANNED: Record<keyof Counts, string> = {
  create: 'to create', change: 'to change', replace: 'to replace', delete: 'to delete', adopt: 'to take over', forget: 'to let go of', keep: 'left alone',
};

/** As in “2 to create, 1 to change”; what is left alone is not worth a word. */
export function summary({ counts, state }: Pick<Plan, 'counts' | 'state'>): string {
  const words = state === 'applied' ? DONE : PLANNED;
  const order = Object.keys(words).filter((key): key is keyof Counts => key !== 'keep');
  const said = order.filter((key) => counts[key] > 0).map((key) => `${counts[key]} ${words[key]}`);
  return said.length === 0 ? 'no changes' : said.join(', ');
}

/** The state as the badge of jobs has colours for it. */
export const STATUS: Record<string, string> = { planned: 'Queued', applying: 'Running', interrupted: 'CancelRequested', applied: 'Completed', failed: 'Failed' };

export const TEST_STATUS: Record<string, string> = { planned: 'NotStarted', running: 'Running', passed: 'Completed', failed: 'Failed', interrupted: 'CancelRequested' };

/** What has not been applied, and may still be. */
export const isPending = (state: string) => state !== 'applied';

const SIGNS: Record<string, string> = { create: '+', change: '~', replace: '±', delete: '−', adopt: '←', forget: '→', keep: '=' };

export const sign = (action: string) => SIGNS[action] ?? action;
