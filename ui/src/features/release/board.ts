/** Where each release stands on the board: pure, so that it is tested without a page. */
import { bytes, figure } from '../../pure/format';
import type { Release, ReleaseStage } from './queries';

/** A release in a stage: the one that it has reached last, or one in which it answers since. */
export interface Card {
  release: Release;
  stage: ReleaseStage;
  /** The stage that comes next, if any. */
  next: string | undefined;
  /** The later stage that it has reached since. */
  ahead: ReleaseStage | undefined;
}

export interface Lane {
  stage: string;
  /** What answers there. */
  live: Release[];
  /** Releases whose last stage this is, and those that answer here and went on; newest first. */
  cards: Card[];
}

export const key = ({ name, number }: { name: string; number: number }) => `${name}:${number}`;

const LATER = ['Waiting', 'Deploying', 'Testing', 'RollingOut'];

/** One lane a stage, in the order of the stages. What was replaced by a newer release is left out. */
export function lanes(releases: readonly Release[]): Lane[] {
  const stages: string[] = [];
  for (const release of releases) for (const { stage } of release.stages) if (!stages.includes(stage)) stages.push(stage);
  return stages.map((stage) => {
    const cards = releases.flatMap((release): Card[] => {
      const last = release.stages.findLastIndex(({ state }) => state !== 'NotStarted');
      const at = release.stages.findIndex((one) => one.stage === stage);
      const here = release.stages[at];
      // What a newer one has taken over, deployment and all, gets its requests as that one.
      if (here?.state === 'Superseded' && releases.some((other) => other !== release && other.name === release.name && other.stages.some((one) => one.stage === stage && one.state === 'Live' && one.workspace === here.workspace && one.deployment === here.deployment))) return [];
      if (here === undefined || at > last || (here.state === 'Superseded' && !strays(here)) || (at < last && here.state !== 'Live' && !strays(here))) return [];
      return [{ release, stage: here, next: release.stages[at + 1]?.stage, ahead: at < last ? release.stages[last] : undefined }];
    });
    const live = releases.filter((release) => release.stages.some((one) => one.stage === stage && one.state === 'Live'));
    return { stage, live, cards };
  });
}

/** Whether what answers in a stage is not what its release says: somebody has broken the glass, or it is gone. */
export const strays = ({ state, traffic_percent: now }: ReleaseStage) => (state === 'Live' ? now !== 100 : state === 'Superseded' && (now ?? 0) > 0);

/** What share of the requests a release gets in a stage now, for people. */
export function share({ traffic_percent: now }: ReleaseStage): string {
  if (now === null || now === undefined) return 'Its deployment is not there any more.';
  return `It gets ${now}% of the requests now.`;
}

export const isOnItsWay = (state: string) => LATER.includes(state);

/** Something that a gate, a test or the rollout found. */
export interface Finding {
  title: string;
  good: boolean | undefined;
  says: string;
  /** The version of a model whose page tells more. */
  model?: { workspace: string; name: string };
}

/** The model of a validation's report, as in `/api/v1/workspaces/dev/models/delay/validations/01K…/report`. */
function validated(address: unknown): Finding['model'] {
  const found = typeof address === 'string' ? /^\/api\/v1\/workspaces\/([^/]+)\/models\/([^/]+)\/validations\//.exec(address) : null;
  return found === null ? undefined : { workspace: decodeURIComponent(found[1] ?? ''), name: decodeURIComponent(found[2] ?? '') };
}

/** The evidence of a stage; gates that were passed a while ago stand in the history. */
export function evidence({ events }: Release, { stage, evidence: now }: ReleaseStage): unknown[] {
  const found: unknown[] = Array.isArray(now) ? now : [];
  if (found.some((one) => typeof one === 'object' && one !== null && 'gate' in one)) return found;
  const passed = events.filter((event) => event.stage === stage && event.kind === 'passed').at(-1)?.detail as unknown;
  return [...(Array.isArray(passed) ? passed : []), ...found];
}

/** What a stage before has measured: the ground of the capacity gate. */
function measured({ stage, memory_bytes, cores, rate, p99_ms, error_percent }: Record<string, unknown>): Finding {
  const said = [
    typeof memory_bytes === 'number' && bytes(memory_bytes), typeof cores === 'number' && `${figure(Number(cores.toPrecision(2)))} cores`,
    typeof p99_ms === 'number' && `99 of 100 answered within ${figure(Number(p99_ms.toPrecision(3)))} ms`, typeof error_percent === 'number' && `${figure(error_percent)}% failed`,
  ].filter((one) => one !== false);
  const at = typeof rate === 'number' ? ` at ${figure(rate)} requests a second` : '';
  return { title: `Measured${typeof stage === 'string' ? ` in ${stage}` : ''}${at}:`, good: true, says: said.join(', ') };
}

const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** What evidence says, for people; what is not known is shown as it is. */
export function findings(evidence: unknown): Finding[] {
  if (!Array.isArray(evidence)) return [];
  const told = new Set<string>();
  // The same may have been noted at each look of the gates.
  return evidence.filter((raw) => !told.has(JSON.stringify(raw)) && told.add(JSON.stringify(raw))).map((raw: unknown): Finding => {
    const one = (typeof raw === 'object' && raw !== null ? raw : { found: raw }) as Record<string, unknown>;
    if (typeof one.gate === 'string') {
      const verdict = plain(one.verdict ?? '').toLowerCase();
      const good = verdict === 'passed' ? true : verdict === 'refused' ? false : undefined;
      return { title: `Gate: ${one.gate}`, good, says: plain(one.says ?? verdict), model: validated(one.evidence) };
    }
    if (typeof one.test === 'string') {
      const plainly = one.passed === true ? 'passed' : 'not passed';
      const says = one.says != null ? plain(one.says) : one.took_ms == null ? plainly : `answered in ${plain(one.took_ms)} ms`;
      return { title: `Test: ${one.test}`, good: one.passed === true, says };
    }
    if (typeof one.step === 'string') {
      const found = (typeof one.found === 'object' && one.found !== null ? one.found : {}) as Record<string, unknown>;
      if (one.step === 'step') {
        const failed = Number(found.failed ?? 0);
        return { title: `${plain(found.share)}% of the requests`, good: failed === 0, says: `${plain(found.requests)} requests, ${failed} failed` };
      }
      if (typeof found.why === 'string') return { title: one.step, good: false, says: found.why };
      if (one.step === 'deployed') return { title: 'Deployed', good: true, says: `as ${plain(found.deployment ?? '?')}` };
      return { title: one.step, good: true, says: Object.entries(found).map(([name, value]) => `${name} ${plain(value)}`).join(', ') };
    }
    if (typeof one.measured === 'object' && one.measured !== null) return measured(one.measured as Record<string, unknown>);
    return { title: 'Found', good: undefined, says: plain(one) };
  });
}
