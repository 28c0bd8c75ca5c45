import { expect, test } from 'vitest';
import { ago, ahead, bytes, count, duration, figure } from './format';

test.each([
  [0, '0 ms'], [840, '840 ms'], [2400, '2.4 s'], [59_940, '60 s'], [59_990, '1 min 00 s'], [192_000, '3 min 12 s'],
  [3_840_000, '1 h 04 min'], [183_600_000, '2 d 3 h'], [-5, '0 ms'],
])('%d ms last %s', (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [0, 'just now'], [42_000, '42 s ago'], [300_000, '5 min ago'], [7_200_000, '2 h ago'], [3 * 86_400_000, '3 d ago'],
  [40 * 86_400_000, '2025-11-22'], [-9000, 'just now'],
])('%d ms before now was %s', (ms, text) => {
  const now = Date.UTC(2026, 0, 1);
  expect(ago(now - ms, now)).toBe(text);
});

test.each([[0, '0 B'], [814, '814 B'], [12_400, '12.4 KB'], [999_600, '1.0 MB'], [3_100_000_000, '3.1 GB']])(
  '%d bytes are %s', (size, text) => expect(bytes(size)).toBe(text),
);

test.each([
  [3, '3'], [12345, '12,345'], [0.123456789, '0.123457'], [1e-7, '1e-7'], [-1.25e-5, '-1.25e-5'], [2e20, '2e+20'], ['NaN', 'NaN'], [1.5e12, '1,500,000,000,000'],
])('%s reads %s', (value, text) => expect(figure(value)).toBe(text));

test('one is singular', () => expect([count(1, 'step'), count(2000, 'file')]).toEqual(['1 step', '2,000 files']));

test.each([[-5000, 'now'], [20_000, 'in 20 s'], [300_000, 'in 5 min'], [86_400_000, 'in 24 h'], [3 * 86_400_000, 'in 3 d']])(
  '%d ms from now is %s', (ms, text) => expect(ahead(1e12 + ms, 1e12)).toBe(text),
);
