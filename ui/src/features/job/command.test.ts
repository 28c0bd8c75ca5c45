import { expect, test } from 'vitest';
import { commandLine } from './command';

test('only what is unusual is said', () => {
  const words = ['job', 'show', '-n', 'calm_tide'];
  expect(commandLine(words, { ws: 'default', origin: 'http://127.0.0.1:5757' })).toBe('tidemill job show -n calm_tide');
  expect(commandLine(words, { ws: 'risk', origin: 'https://ml.example' })).toBe(
    'tidemill job show -n calm_tide -w risk --server https://ml.example',
  );
});

test('a shell reads each word as it is', () => {
  expect(commandLine(["it's"], { ws: 'default', origin: 'http://localhost:5757' })).toBe(`tidemill 'it'\\''s'`);
});
