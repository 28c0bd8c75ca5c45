import { expect, test } from 'vitest';
import { rates, shared, type Figures } from './rates';

const reading = (at: number, requests: number, errors: number, buckets: number[]): Figures => ({
  at,
  deployments: [{
    deployment: 'blue', requests, errors, refused: 0, mirrored: 0, took_s: 0, buckets_s: [0.001, 0.01], buckets,
    ready_instances: 1, in_flight: 0, waiting: 0,
  }],
});

test('rates are what came between two readings', () => {
  const found = rates(reading(1000, 10, 0, [10, 0, 0]), reading(3000, 30, 5, [20, 10, 0]));
  expect(found).toEqual({ blue: { at: 3000, requests: 10, errors: 25, p95: 10 } });
});

test('nothing is said of a quiet time, and of a server that began anew', () => {
  const quiet = rates(reading(1000, 10, 0, [10, 0, 0]), reading(2000, 10, 0, [10, 0, 0]));
  expect(quiet).toEqual({ blue: { at: 2000, requests: 0, errors: null, p95: null } });
  expect(rates(reading(1000, 10, 0, [10, 0, 0]), reading(2000, 3, 0, [3, 0, 0]))).toEqual({});
});

test('a share that moves takes from the others by their size', () => {
  expect(shared({ blue: 100, green: 0 }, 'green', 10)).toEqual({ blue: 90, green: 10 });
  expect(shared({ a: 50, b: 30, c: 20 }, 'a', 0)).toEqual({ a: 0, b: 60, c: 40 });
  expect(shared({ a: 0, b: 0, c: 0 }, 'a', 1)).toEqual({ a: 1, b: 50, c: 49 });
  expect(shared({ only: 0 }, 'only', 5)).toEqual({ only: 100 });
  for (const value of [0, 1, 33, 67, 99, 100]) {
    const all = Object.values(shared({ a: 7, b: 70, c: 23 }, 'b', value));
    expect(all.reduce((sum, share) => sum + share, 0)).toBe(100);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
  }
});
