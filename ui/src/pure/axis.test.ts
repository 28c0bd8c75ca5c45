import { expect, test } from 'vitest';
import { reach } from './axis';

test('an axis reaches from the first place to the last', () => {
  expect(reach([3, 1, 2], 'step')).toEqual([1, 3]);
  expect(reach([], 'step')).toBeUndefined();
});

test('a single place stands in the middle of little', () => {
  expect(reach([5], 'step')).toEqual([4, 6]);
  expect(reach([60_000, 60_000], 'time')).toEqual([30_000, 90_000]);
});
