import { expect, test } from 'vitest';
import { keysOf, orderBy, rowOf, tableOf, usualColumns } from './columns';

const run = (id: string, metrics: Record<string, number>, tags: Record<string, string> = {}) =>
  rowOf({
    info: { run_id: id, run_name: '', experiment_id: '1', status: 'FINISHED', start_time: 1, user_id: 'a', artifact_uri: '', lifecycle_stage: 'active' },
    data: {
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, timestamp: 0 })),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    },
  });

test('a run without a name goes by its id', () => expect(run('abc', {}).name).toBe('abc'));

test('keys of most runs come first, and tags of people before those of clients', () => {
  const keys = keysOf([run('a', { x: 1, y: 1 }, { 'mlflow.user': 'u', team: 't' }), run('b', { y: 2 }, { 'mlflow.user': 'u' })]);
  expect(keys).toEqual({ metrics: ['y', 'x'], params: [], tags: ['team', 'mlflow.user'] });
  expect(usualColumns(keys, 2)).toEqual(['attributes.start_time', 'attributes.duration', 'attributes.experiment', 'metrics.y', 'metrics.x', 'tags.team']);
});

test.each([
  ['-metrics.val loss', ['metrics.`val loss` DESC']],
  ['params.lr', ['params.lr ASC']],
  ['attributes.duration', undefined],
  [undefined, undefined],
] as const)('%s orders by %j', (sort, wanted) => expect(orderBy(sort)).toEqual(wanted));

test('a file of runs has what the table shows, for programs', () => {
  const row = { ...run('abc', { auc: 0.123456789 }), end: 2501 };
  expect(tableOf([row], ['attributes.start_time', 'attributes.duration', 'attributes.experiment', 'metrics.auc', 'params.lr'], new Map([['1', 'churn']]))).toEqual([
    ['run_name', 'run_id', 'status', 'start_time', 'duration_s', 'experiment', 'metrics.auc', 'params.lr'],
    ['abc', 'abc', 'FINISHED', '1970-01-01T00:00:00.001Z', 2.5, 'churn', 0.123456789, undefined],
  ]);
});
