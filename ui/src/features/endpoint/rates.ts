/** From counts at two moments to rates: what an endpoint's charts show. */
import type { Schemas } from '../../api/client';

export type Figures = Schemas['EndpointFigures'];
type Counts = Schemas['DeploymentFigures'];

/** One moment of one deployment. */
export interface Rate {
  at: number;
  /** Requests a second. */
  requests: number;
  /** Errors in percent of the requests; null where there were none. */
  errors: number | null;
  /** The time within which 95 of 100 were answered, in milliseconds; null where there were none. */
  p95: number | null;
}

/** What happened between two readings, by deployment; nothing where the server was started anew in between. */
export function rates(before: Figures, after: Figures): Record<string, Rate> {
  const seconds = (after.at - before.at) / 1000;
  const found: Record<string, Rate> = {};
  if (seconds <= 0) return found;
  for (const now of after.deployments) {
    const then = before.deployments.find(({ deployment }) => deployment === now.deployment);
    if (then === undefined || now.requests < then.requests) continue;
    const requests = now.requests - then.requests;
    found[now.deployment] = {
      at: after.at,
      requests: requests / seconds,
      errors: requests === 0 ? null : (100 * (now.errors - then.errors)) / requests,
      p95: quantile(then, now, 0.95),
    };
  }
  return found;
}

/** The bound within which this part of what came between two readings was answered, in milliseconds. */
function quantile(then: Counts, now: Counts, part: number): number | null {
  const between = now.buckets.map((count, at) => count - (then.buckets[at] ?? 0));
  const all = between.reduce((sum, count) => sum + count, 0);
  if (all <= 0) return null;
  let seen = 0;
  const at = between.findIndex((count) => {
    seen += count;
    return seen >= all * part;
  });
  const bound = now.buckets_s[at] ?? (now.buckets_s[now.buckets_s.length - 1] ?? 0);
  return bound * 1000;
}

/** Moves one share to a value; the others keep their proportions and make up the rest, so that all are 100 together. */
export function shared(shares: Readonly<Record<string, number>>, name: string, value: number): Record<string, number> {
  const wanted = Math.max(0, Math.min(100, Math.round(value)));
  const others = Object.keys(shares).filter((other) => other !== name);
  const moved: Record<string, number> = { ...shares, [name]: others.length === 0 ? 100 : wanted };
  const rest = 100 - wanted;
  const sum = others.reduce((all, other) => all + (shares[other] ?? 0), 0);
  let left = rest;
  others.forEach((other, at) => {
    const part = at === others.length - 1 ? left : Math.min(left, Math.round(sum === 0 ? rest / others.length : (rest * (shares[other] ?? 0)) / sum));
    moved[other] = part;
    left -= part;
  });
  return moved;
}
