import { expect, test } from 'vitest';
import { nextName, specAgain } from './rerun';

test('a name gets an ending, and the next time another one', () => {
  expect(nextName('train', () => 0.5)).toBe('train_i000');
  expect(nextName('train_i000', () => 0)).toBe('train_0000');
});

test('the name that it had is left out', () => expect(specAgain({ type: 'command', name: 'a' })).toEqual({ type: 'command' }));
