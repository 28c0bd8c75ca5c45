/** Metrics as a chart draws them. Pure. */
import type { Bucket, Reduced } from './queries';

export type Axis = 'step' | 'time' | 'relative';
export type Point = [number, number | null];

/** Where a stretch starts and ends on an axis: steps, UTC milliseconds, or seconds since the first point. */
function ends({ step_min, step_max, time_min, time_max }: Bucket, axis: Axis, origin: number): [number, number] {
  if (axis === 'step') return [step_min, step_max];
  return axis === 'time' ? [time_min, time_max] : [(time_min - origin) / 1000, (time_max - origin) / 1000];
}

const originOf = (buckets: readonly Bucket[]) => buckets.reduce((least, bucket) => Math.min(least, bucket.time_min), Infinity);

/** The line through all points: of each stretch its first, least, greatest and last. What is no number is a gap. */
export function line({ buckets }: Reduced, axis: Axis): Point[] {
  const origin = originOf(buckets);
  const points = buckets.flatMap((bucket): Point[] => {
    const [from, to] = ends(bucket, axis, origin);
    if (bucket.count === 1) return [[from, bucket.first ?? null]];
    if (bucket.first == null && bucket.min == null) return [[from, null]];
    const at = (part: number) => from + (to - from) * part;
    const { first = null, min = null, max = null, last = null } = bucket;
    // A line that falls meets its greatest value before its least.
    const falls = first !== null && last !== null && last < first;
    return [[from, first], [at(1 / 3), falls ? max : min], [at(2 / 3), falls ? min : max], [to, last]];
  });
  return points.sort((a, b) => a[0] - b[0]);
}

/** One point a stretch, in its middle: what is smoothed. */
export function middles({ buckets }: Reduced, axis: Axis): Point[] {
  const origin = originOf(buckets);
  return buckets
    .map((bucket): Point => {
      const [from, to] = ends(bucket, axis, origin);
      const { first, last, min, max } = bucket;
      if (bucket.count === 1) return [from, first ?? null];
      const known = [first, last, min, max].filter((value) => value != null);
      return [(from + to) / 2, known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length];
    })
    .sort((a, b) => a[0] - b[0]);
}

/** An exponential moving average, free of the bias towards its start; `weight` from 0 (as it is) to below 1. */
export function smooth(points: readonly Point[], weight: number): Point[] {
  if (weight <= 0) return [...points];
  let sum = 0;
  let norm = 0;
  return points.map(([x, y]) => {
    if (y === null) return [x, null];
    sum = sum * weight + y * (1 - weight);
    norm = norm * weight + (1 - weight);
    return [x, sum / norm];
  });
}
