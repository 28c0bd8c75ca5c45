/** Times that go on while one looks at them. */
import { useSyncExternalStore } from 'react';
import { ago, duration } from '../pure/format';

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

export function Ago({ at }: { at: number }) {
  const then = new Date(at);
  return (
    <time className="nowrap" dateTime={then.toISOString()} title={then.toLocaleString()}>
      {ago(at, Math.max(useNow(), at))}
    </time>
  );
}

/** From a start to an end, or to now. */
export function Lasted({ from, until }: { from?: number | null; until?: number | null }) {
  const present = useNow();
  if (from == null) return <>–</>;
  return <span className="nowrap">{duration((until ?? Math.max(present, from)) - from)}</span>;
}
