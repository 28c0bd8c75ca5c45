import { expect, test } from 'vitest';
import { byVersion, driftOf, verdictWords } from './verdict';

const found = (version: string, table: string, drifted: string[], alarms: string[] = [], passed = true) => ({
  version, table, drifted, passed, warnings: 0, alarms: alarms.map((column) => ({ column })),
});

test('of each version the youngest validation of the table counts', () => {
  const all = [found('2', '', []), found('2', '', ['delay']), found('1', 'weather', ['temp']), found('1', '', [])];
  const kept = byVersion(all, '');
  expect([...kept.keys()]).toEqual(['2', '1']);
  expect(driftOf(kept.get('2'), 'delay')).toBeUndefined();
});

test('a column drifts or alarms, and the table does where any column does', () => {
  const one = found('3', '', ['delay', 'wind'], ['wind'], false);
  expect(driftOf(one, 'delay')).toBe('drifted');
  expect(driftOf(one, 'wind')).toBe('alarm');
  expect(driftOf(one, 'carrier')).toBeUndefined();
  expect(driftOf(one, '')).toBe('alarm');
  expect(driftOf(undefined, '')).toBeUndefined();
  expect(verdictWords(one)).toBe('failed');
});
