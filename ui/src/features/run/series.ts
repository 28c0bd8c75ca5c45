/** Points of a metric as a chart draws them. Pure. */
import type { Metric } from '../../api/mlflow';

export type Axis = 'step' | 'time' | 'relative';

/** By the axis: steps, UTC milliseconds, or seconds since the first point. Points that are no numbers are gaps. */
export function series(points: readonly Metric[], axis: Axis): [number, number | null][] {
  const first = points.reduce((least, point) => Math.min(least, point.timestamp), Infinity);
  const x = (point: Metric) =>
    axis === 'step' ? point.step : axis === 'time' ? point.timestamp : (point.timestamp - first) / 1000;
  return points
    .map((point): [number, number | null] => {
      const y = Number(point.value);
      return [x(point), Number.isFinite(y) ? y : null];
    })
    .sort((a, b) => a[0] - b[0]);
}

/** An exponential moving average, free of the bias towards its start; `weight` from 0 (as it is) to below 1. */
export function smooth(points: readonly [number, number | null][], weight: number): [number, number | null][] {
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
