/** Metrics as a chart draws them. Pure. */
import type { operations } from '../../api/v1';
import type { Bucket, Reduced } from './queries';

export type Axis = 'step' | 'time' | 'relative';
export type Point = [number, number | null];
/** From and to, on an axis. */
export type Range = readonly [number, number];
/** From and to, as the server is asked. */
export type Stretch = Pick<NonNullable<operations['run_metric_series']['parameters']['query']>, 'start_step' | 'end_step' | 'start_time' | 'end_time'>;

/** Where a stretch starts and ends on an axis: steps, UTC milliseconds, or seconds since the first point. */
function ends({ step_min, step_max, time_min, time_max }: Bucket, axis: Axis, origin: number): [number, number] {
  if (axis === 'step') return [step_min, step_max];
  return axis === 'time' ? [time_min, time_max] : [(time_min - origin) / 1000, (time_max - origin) / 1000];
}

/** When the first point was logged: where seconds are counted from. */
export const originOf = ({ buckets }: Reduced) => first(buckets);
const first = (buckets: readonly Bucket[]) => buckets.reduce((least, bucket) => Math.min(least, bucket.time_min), Infinity);

/** The line through all points: of each stretch its first, least, greatest and last. What is no number is a gap. */
export function line({ buckets }: Reduced, axis: Axis, origin = first(buckets)): Point[] {
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
export function middles({ buckets }: Reduced, axis: Axis, origin = first(buckets)): Point[] {
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

/** What a chart shows from `from` to `to`, in the words of the server. */
export function stretchOf([from, to]: Range, axis: Axis, origin: number): Stretch {
  if (axis === 'step') return { start_step: Math.floor(from), end_step: Math.ceil(to) };
  const at = (x: number) => (axis === 'time' ? x : origin + x * 1000);
  return { start_time: Math.floor(at(from)), end_time: Math.ceil(at(to)) };
}

/** The line of the whole with the finer one of a stretch in its place. */
export function splice(whole: readonly Point[], part: readonly Point[]): Point[] {
  const [from, to] = [part[0]?.[0], part.at(-1)?.[0]];
  if (from === undefined || to === undefined) return [...whole];
  return [...whole.filter(([x]) => x < from), ...part, ...whole.filter(([x]) => x > to)];
}

/** A range by `factor` as wide around its middle, and moved by a part of its width; never beyond `all`. */
export function zoomed([from, to]: Range, all: Range, factor: number, moved = 0): Range {
  const width = Math.min((to - from) * factor, all[1] - all[0]);
  const middle = (from + to) / 2 + (to - from) * moved;
  const start = Math.min(Math.max(middle - width / 2, all[0]), all[1] - width);
  return [start, start + width];
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

export interface Drawn {
  name: string;
  points: Point[];
  faint?: boolean;
}

/** A metric as it is drawn: as logged, or smoothed with what was logged behind it; with a finer stretch where there is one. */
export function drawn(name: string, whole: Reduced, { axis, weight }: { axis: Axis; weight: number }, part?: Reduced): Drawn[] {
  const origin = originOf(whole);
  const both = (of: typeof line) => (part === undefined ? of(whole, axis, origin) : splice(of(whole, axis, origin), of(part, axis, origin)));
  const plain = { name, points: both(line) };
  return weight > 0 ? [{ ...plain, name: 'as logged', faint: true }, { name, points: smooth(both(middles), weight) }] : [plain];
}
