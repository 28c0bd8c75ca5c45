import { expect, test } from 'vitest';
import { numbers, sideBySide } from './table';

test('each key is a row and says whether its values differ', () =>
  expect(sideBySide([{ lr: '0.1', model: 'a' }, { lr: '0.2', model: 'a' }, { model: 'a' }])).toEqual([
    { key: 'lr', values: ['0.1', '0.2', undefined], differs: true },
    { key: 'model', values: ['a', 'a', 'a'], differs: false },
  ]));

test.each([
  [['1', '2.5', undefined], [1, 2.5, undefined]],
  [['1', 'forest'], undefined],
  [['1', undefined], undefined],
  [['NaN', '1'], undefined],
] as const)('%j as numbers are %j', (values, wanted) => expect(numbers(values)).toEqual(wanted));
