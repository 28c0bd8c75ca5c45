/** Times that go on while one looks at them. */
import { useSyncExternalStore } from 'react';
import { ago, duration, ahead } from '../pure/format';

let now = Date.now();
const hearers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(hear: () => void) {
  hearers.add(hear);
  timer ??= setInterval(() => {
    now = Date.now();
    hearers.forEach((each) => each());
  }, 1000);
  return () => {
    hearers.delete(hear);
    if (hearers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const useNow = () => useSyncExternalStore(subscribe, () => now);

/** To the second, with the zone. */
const exact = (at: number) => new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });

export function Ago({ at }: { at: number }) {
  const then = new Date(at);
  return (
    <time className="nowrap" dateTime={then.toISOString()} title={exact(at)}>
      {ago(at, Math.max(useNow(), at))}
    </time>
  );
}

/** A time that comes: how far off it is, exactly when on hover. */
export function Ahead({ at }: { at: number }) {
  const then = new Date(at);
  return (
    <time className="nowrap" dateTime={then.toISOString()} title={exact(at)}>
      {ahead(at, useNow())}
    </time>
  );
}

/** From a start to an end, or to now. */
export function Lasted({ from, until }: { from?: number | null; until?: number | null }) {
  const present = useNow();
  if (from == null) return <>–</>;
  const said = until == null ? `since ${exact(from)}` : `${exact(from)} – ${exact(until)}`;
  return <span className="nowrap" title={said}>{duration((until ?? Math.max(present, from)) - from)}</span>;
}
