/** What a validation came to, in a word and a colour; and what stands at a version on the time line. Pure. */

interface Verdict {
  passed: boolean;
  warnings: number;
  drifted: readonly string[];
  alarms: readonly { column: string }[];
}

export const verdictWords = (found: Verdict) => (found.passed ? (found.warnings > 0 ? 'passed with warnings' : 'passed') : 'failed');

export const verdictColour = (found: Verdict) => (found.passed ? (found.warnings > 0 ? 'yellow' : 'teal') : 'red');

/** The youngest validation of each version of a table; `all` has the youngest first. */
export function byVersion<T extends { version: string; table: string }>(all: readonly T[], table: string): Map<string, T> {
  const found = new Map<string, T>();
  for (const one of all) if (one.table === table && !found.has(one.version)) found.set(one.version, one);
  return found;
}

/** Whether a column had drifted, or any for the table itself; and whether it alarms. */
export function driftOf(found: Verdict | undefined, column: string): 'alarm' | 'drifted' | undefined {
  if (found === undefined) return undefined;
  const is = (name: string) => column === '' || name === column;
  if (found.alarms.some((alarm) => is(alarm.column))) return 'alarm';
  return found.drifted.some(is) ? 'drifted' : undefined;
}
