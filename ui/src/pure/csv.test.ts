import { expect, test } from 'vitest';
import { readTable, writeTable } from './csv';

test.each([
  ['a,b\n1,2\n', [['a', 'b'], ['1', '2']]],
  ['a,"b, c"\r\n"say ""hi""",', [['a', 'b, c'], ['say "hi"', '']]],
  ['"two\nlines",x', [['two\nlines', 'x']]],
  ['', []],
  ['"never closed', [['never closed']]],
] as const)('%j is %j', (text, rows) => expect(readTable(text, ',', 100).rows).toEqual(rows));

test('no more rows than wanted are read', () => expect(readTable('a\nb\nc\n', ',', 2)).toEqual({ rows: [['a'], ['b']], more: true }));

test('what is written is read as it was', () => {
  const rows = [['a', 'b, c'], ['say "hi"', 'two\nlines'], ['', '-0.5']];
  expect(readTable(writeTable(rows), ',', 100).rows).toEqual(rows);
  expect(writeTable([[1, undefined, 'x']])).toBe('1,,x\r\n');
});
