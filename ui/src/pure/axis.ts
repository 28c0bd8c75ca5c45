/** How far an axis reaches. Pure. */

/** What is shown around a single place: seconds of time before and after it, or one step. */
const AROUND = { time: 30_000, relative: 1, step: 1 } as const;

/**
 * The ends of an axis of places. Where all of them are one place, the axis reaches a little to both sides of it: left to
 * itself, a chart shows a day before and after a single moment.
 */
export function reach(places: Iterable<number>, across: keyof typeof AROUND): [number, number] | undefined {
  let [from, to] = [Infinity, -Infinity];
  for (const place of places) {
    if (place < from) from = place;
    if (place > to) to = place;
  }
  if (from > to) return undefined;
  return from < to ? [from, to] : [from - AROUND[across], to + AROUND[across]];
}

/**
 * How high the axis reaches where only a part of the lines is seen: around what is there, to round numbers. Nothing where
 * nothing is seen, or all of it is one value.
 */
export function height(lines: readonly (readonly [number, number | null])[][], [from, to]: readonly [number, number]): [number, number] | undefined {
  let [least, most] = [Infinity, -Infinity];
  for (const points of lines) {
    for (const [x, y] of points) {
      if (y === null || x < from || x > to) continue;
      least = Math.min(least, y);
      most = Math.max(most, y);
    }
  }
  if (!(least < most)) return undefined;
  // A power of ten, or two or five of it: about four steps from the bottom to the top.
  const rough = (most - least) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((of) => of * power >= rough) ?? 10) * power;
  const round = (value: number) => Number(value.toPrecision(12));
  return [round(Math.floor(least / step) * step), round(Math.ceil(most / step) * step)];
}
