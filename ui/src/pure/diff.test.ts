import { expect, test } from 'vitest';
import { diffLines, hunks } from './diff';

const told = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => ({ same: ' ', gone: '-', new: '+' })[kind] + text).join('\n');

test.each([
  ['a\nb\nc', 'a\nb\nc', ' a\n b\n c'],
  ['a\nb\nc', 'a\nx\nc', ' a\n-b\n+x\n c'],
  ['', 'a\nb', '+a\n+b'],
  ['a\nb', '', '-a\n-b'],
  ['a\nb\nc\nd', 'b\nc\ne\nd\nf', '-a\n b\n c\n+e\n d\n+f'],
])('%j to %j', (before, after, wanted) => expect(told(before, after)).toBe(wanted));

test('both texts can be read back from what differs', () => {
  let seed = 7;
  const random = (most: number) => (seed = (seed * 48271) % 2147483647) % most;
  for (let round = 0; round < 300; round += 1) {
    const make = () => Array.from({ length: random(14) }, () => 'abcd'[random(4)]).join('\n');
    const [before, after] = [make(), make()];
    const all = diffLines(before, after);
    const side = (kind: 'gone' | 'new') => all.filter((line) => line.kind === 'same' || line.kind === kind).map((line) => line.text).join('\n');
    expect([side('gone'), side('new')]).toEqual([before, after]);
  }
});

test('what is far from any change is a gap', () => {
  const before = Array.from({ length: 20 }, (_, at) => String(at)).join('\n');
  const shown = hunks(diffLines(before, before.replace('10', 'ten')), 1);
  expect(shown.map((line) => (line === 'gap' ? '…' : line.text))).toEqual(['…', '9', '10', 'ten', '11', '…']);
});
