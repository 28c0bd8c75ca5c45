import { expect, test } from 'vitest';
import { complete, faultOf } from './filter';

test.each([
  '', "metrics.auc > 0.9", "metrics.`val loss` <= -1e-3 and params.model = 'forest'", "attributes.status IN ('FAILED', 'KILLED')",
  "tags.\"mlflow.user\" LIKE '%a%' AND run_name != 'x'", "params.lr IS NOT NULL", "attributes.run_id NOT IN ('a')", "start_time > 1700000000000",
])('%s is well formed', (text) => expect(faultOf(text)).toBeUndefined());

test.each([
  ['metrics.auc >', 13, 'a value is missing'],
  ["metrics.auc > '1'", 14, 'a number is needed here, without quotes'],
  ['params.lr = 1', 12, "a text is needed here, in quotes: 'forest'"],
  ["parms.lr = '1'", 0, 'runs have metrics, params, tags and attributes, but no parms'],
  ['loss < 1', 0, 'write metrics.loss, params.loss or tags.loss'],
  ["metrics.a > 1 OR metrics.b > 1", 14, 'MLflow’s grammar has no OR'],
  ["params.lr = 'x", 12, 'the quote is not closed'],
  ['metrics.a LIKE 1', 10, 'numbers compare by > >= < <= = !='],
  ['metrics.a > 1 AND', 17, 'a comparison is missing'],
] as const)('%s is wrong at %i', (text, at, message) => expect(faultOf(text)).toMatchObject({ at, message }));

const known = { metrics: ['auc', 'val loss'], params: ['model'], tags: ['team'], values: (key: string) => (key === 'params.model' ? ['forest', 'tree'] : []) };

test.each([
  ['met', ['metrics.auc', 'metrics.`val loss`']],
  ['metrics.auc ', ['>', '>=', '<', '<=', '=', '!=']],
  ["params.model = ", ["'forest'", "'tree'"]],
  ["params.model = 'tr", ["'tree'"]],
  ['metrics.auc > 1 ', ['AND']],
  ["attributes.status = 'F", ["'FINISHED'", "'FAILED'"]],
  ['metrics.auc > 1 AND tea', ['tags.team']],
] as const)('after %s there may be %j', (text, options) => expect(complete(text, text.length, known).options).toEqual(options));

test('never fails, whatever is typed', () => {
  const bits = ['metrics', '.', 'a', ' ', "'", '"', '`', '(', ')', ',', '>', '=', 'AND', 'IN', 'NOT', '1', '\n', '🙂'];
  let seed = 1;
  for (let round = 0; round < 3000; round += 1) {
    let text = '';
    for (let at = 0; at < 12; at += 1) {
      seed = (seed * 48271) % 2147483647;
      text += bits[seed % bits.length];
    }
    faultOf(text);
    complete(text, text.length, known);
  }
});
