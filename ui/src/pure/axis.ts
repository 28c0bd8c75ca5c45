/** How far an axis reaches. */

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
