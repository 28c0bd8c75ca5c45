/** What differs between two texts, line by line (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986). Pure. */

export interface DiffLine {
  kind: 'same' | 'gone' | 'new';
  text: string;
  /** Line numbers from 1, before and after. */
  before?: number;
  after?: number;
}

/** Texts with more differences than this are not compared line by line. */
const MOST_EDITS = 2000;

export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [lines(before), lines(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const found: DiffLine[] = [];
  const same = (x: number, y: number) => found.push({ kind: 'same', text: a[x] ?? '', before: x + 1, after: y + 1 });
  for (let at = 0; at < start; at += 1) same(at, at);
  for (const [x, y, kind] of edits(a.slice(start, endA), b.slice(start, endB))) {
    if (kind === 'same') same(start + x, start + y);
    else if (kind === 'gone') found.push({ kind, text: a[start + x] ?? '', before: start + x + 1 });
    else found.push({ kind, text: b[start + y] ?? '', after: start + y + 1 });
  }
  for (let at = 0; endA + at < a.length; at += 1) same(endA + at, endB + at);
  return found;
}

function lines(text: string): string[] {
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  return all;
}

type Edit = [number, number, DiffLine['kind']];

function edits(a: readonly string[], b: readonly string[]): Edit[] {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const traces: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= most; d += 1) {
    traces.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walk(traces, a.length, b.length);
    }
    reach = new Map(reach);
  }
  return [...a.map((_, x): Edit => [x, 0, 'gone']), ...b.map((_, y): Edit => [a.length, y, 'new'])];
}

/** Back from the end, edit by edit. */
function walk(traces: readonly Map<number, number>[], endX: number, endY: number): Edit[] {
  const found: Edit[] = [];
  let [x, y] = [endX, endY];
  for (let d = traces.length - 1; d >= 0; d -= 1) {
    const reach = traces[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const startX = reach.get(from) ?? 0;
    const startY = startX - from;
    while (x > Math.max(startX, 0) && y > Math.max(startY, 0) && (d > 0 ? x > (down ? startX : startX + 1) : true)) {
      x -= 1;
      y -= 1;
      found.push([x, y, 'same']);
    }
    if (d === 0) break;
    if (down) {
      y -= 1;
      found.push([x, y, 'new']);
    } else {
      x -= 1;
      found.push([x, y, 'gone']);
    }
  }
  return found.reverse();
}

/** Only what changed, with some lines around; a gap where lines are left out. */
export function hunks(all: readonly DiffLine[], around = 3): (DiffLine | 'gap')[] {
  const near = new Set<number>();
  all.forEach((line, at) => {
    if (line.kind === 'same') return;
    for (let each = at - around; each <= at + around; each += 1) near.add(each);
  });
  const found: (DiffLine | 'gap')[] = [];
  all.forEach((line, at) => {
    if (near.has(at)) found.push(line);
    else if (found.at(-1) !== 'gap') found.push('gap');
  });
  return found;
}
