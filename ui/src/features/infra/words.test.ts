import { expect, test } from 'vitest';
import { isPending, sign, summary } from './words';

const none = { create: 0, change: 0, replace: 0, delete: 0, adopt: 0, forget: 0, keep: 0 };

test('a plan says what it does, and one that was applied what it did', () => {
  const counts = { ...none, create: 2, delete: 1, keep: 9 };
  expect(summary({ counts, state: 'planned' })).toBe('2 to create, 1 to delete');
  expect(summary({ counts, state: 'applied' })).toBe('2 created, 1 deleted');
  expect(summary({ counts: { ...none, keep: 9 }, state: 'planned' })).toBe('no changes');
});

test('what was not applied is still to come', () => {
  expect(['planned', 'applying', 'failed', 'interrupted', 'applied'].map(isPending)).toEqual([true, true, true, true, false]);
  expect([sign('create'), sign('odd')]).toEqual(['+', 'odd']);
});
