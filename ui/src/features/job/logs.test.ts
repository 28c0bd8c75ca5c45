import { expect, test } from 'vitest';
import { addPieces, findLines, logLines, type LogPiece } from './logs';

const piece = (offset: number, text: string): LogPiece => ({
  job: 'j', node: null, file: 'user_logs/std_log.txt', offset, next_offset: offset + new TextEncoder().encode(text).length, text,
});
const text = (pieces: LogPiece[]) => Object.values(addPieces({}, pieces))[0]?.text;

test('pieces that come again after a new connection are left out', () => {
  expect(text([piece(0, 'one\n'), piece(4, 'two\n'), piece(0, 'one\n'), piece(4, 'two\nthree\n')])).toBe('one\ntwo\nthree\n');
});

test('offsets are bytes, not characters', () => {
  expect(text([piece(0, 'größe\n'), piece(0, 'größe\nmaß\n')])).toBe('größe\nmaß\n');
});

test('each file of each step is apart', () => {
  const logs = addPieces({}, [piece(0, 'a'), { ...piece(0, 'b'), job: 'k', node: 'train' }]);
  expect(Object.values(logs).map((file) => file.label)).toEqual(['user_logs/std_log.txt', 'train · user_logs/std_log.txt']);
});

test('a progress bar is its last state and colours are gone', () => {
  expect(logLines('\u001b[32mok\u001b[0m\n10%\r50%\r100%\r\nend')).toEqual(['ok', '100%', 'end']);
});

test('lines are found in any case and keep their numbers', () => {
  expect(findLines(['Epoch 1', 'loss', 'EPOCH 2'], 'epoch').map((line) => line.number)).toEqual([1, 3]);
});
