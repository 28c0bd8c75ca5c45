/**
 * MLflow's filter grammar for runs, read far enough to say where a text goes wrong and what may come next. Pure; the
 * server has the last word.
 *
 *     metrics.auc > 0.9 AND params.model = 'forest' AND attributes.status != 'FAILED'
 */

export type Entity = 'metrics' | 'params' | 'tags' | 'attributes' | 'datasets';

export interface Fault {
  /** Where the part that is wrong starts and ends. */
  at: number;
  end: number;
  message: string;
}

/** What is known of the runs at hand, to complete from. */
export interface Known {
  metrics: readonly string[];
  params: readonly string[];
  tags: readonly string[];
  /** Values seen, by key such as `params.model`. */
  values?: (key: string) => readonly string[];
}

export interface Completion {
  /** The part of the text that is replaced. */
  from: number;
  to: number;
  options: string[];
}

const ENTITIES: Record<string, Entity> = {
  metric: 'metrics', metrics: 'metrics', param: 'params', params: 'params', parameter: 'params', parameters: 'params', tag: 'tags', tags: 'tags',
  attribute: 'attributes', attributes: 'attributes', attr: 'attributes', run: 'attributes', dataset: 'datasets', datasets: 'datasets',
};
const NUMERIC = ['start_time', 'end_time', 'created'];
const TEXTUAL = ['run_id', 'run_name', 'status', 'user_id', 'artifact_uri', 'lifecycle_stage'];
const ATTRIBUTES = ['status', 'run_name', 'start_time', 'end_time', 'user_id', 'run_id', 'artifact_uri'];
const STATES = ['FINISHED', 'RUNNING', 'FAILED', 'KILLED', 'SCHEDULED'];
const NUMBER_SIGNS = ['>', '>=', '<', '<=', '=', '!='];
const TEXT_SIGNS = ['=', '!=', 'LIKE', 'ILIKE'];

interface Token {
  kind: 'word' | 'key' | 'sign' | 'text' | 'number' | 'open' | 'close' | 'comma' | 'wrong';
  text: string;
  at: number;
  end: number;
}

const KINDS: [Token['kind'], RegExp][] = [
  ['number', /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y],
  ['text', /'[^']*'|"[^"]*"/y],
  ['key', /[A-Za-z_]\w*\.(?:`[^`]*`|"[^"]*"|[^\s=!<>'"`(),]+)/y],
  ['word', /[A-Za-z_][\w-]*/y],
  ['sign', /!=|>=|<=|[=<>]/y],
  ['open', /\(/y],
  ['close', /\)/y],
  ['comma', /,/y],
];

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  next: while (at < text.length) {
    if (/\s/.test(text[at] ?? '')) {
      at += 1;
      continue;
    }
    for (const [kind, pattern] of KINDS) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null) continue;
      found.push({ kind, text: match[0], at, end: at + match[0].length });
      at += match[0].length;
      continue next;
    }
    const end = /['"`]/.test(text[at] ?? '') ? text.length : at + 1;
    found.push({ kind: 'wrong', text: text.slice(at, end), at, end });
    at = end;
  }
  return found;
}

/** What a comparison is about. */
interface Subject {
  entity: Entity;
  key: string;
  numeric: boolean;
}

function subject(token: Token): Subject | string {
  const [head = '', ...rest] = token.text.split('.');
  const entity = token.kind === 'key' ? ENTITIES[head.toLowerCase()] : 'attributes';
  if (entity === undefined) return `runs have metrics, params, tags and attributes, but no ${head}`;
  const key = (token.kind === 'key' ? rest.join('.') : head).replace(/^[`"]|[`"]$/g, '');
  if (entity !== 'attributes') return { entity, key, numeric: entity === 'metrics' };
  const numeric = NUMERIC.includes(key.toLowerCase());
  if (!numeric && !TEXTUAL.includes(key.toLowerCase()) && !['start time', 'run name', 'run id', 'name'].includes(key.toLowerCase())) {
    return token.kind === 'word' ? `write metrics.${key}, params.${key} or tags.${key}` : `runs have no attribute ${key}: ${ATTRIBUTES.join(', ')}`;
  }
  return { entity, key, numeric };
}

/** How far a text goes: what is expected after it, and the first fault. */
interface Reading {
  expected: 'key' | 'sign' | 'value' | 'and';
  subject?: Subject;
  fault?: Fault;
}

function read(all: readonly Token[], length: number): Reading {
  let at = 0;
  const fault = (token: Token | undefined, message: string, expected: Reading['expected'], about?: Subject): Reading => ({
    expected, subject: about, fault: { at: token?.at ?? length, end: token?.end ?? length + 1, message },
  });
  if (all.length === 0) return { expected: 'key' };
  for (;;) {
    const key = all[at];
    if (key === undefined) return fault(undefined, 'a comparison is missing', 'key');
    if (key.kind !== 'key' && key.kind !== 'word') return fault(key, key.kind === 'wrong' ? closing(key) : 'a comparison starts with a key, such as metrics.loss', 'key');
    const about = subject(key);
    if (typeof about === 'string') return fault(key, about, 'key');
    let sign = all[at + 1];
    at += 2;
    if (sign === undefined) return fault(undefined, 'a comparison is missing: =, !=, >, LIKE …', 'sign', about);
    let name = sign.text.toUpperCase();
    if (name === 'NOT' && all[at]?.text.toUpperCase() === 'IN') {
      name = 'NOT IN';
      sign = { ...sign, end: all[at]?.end ?? sign.end };
      at += 1;
    }
    if (name === 'IS') {
      if (all[at]?.text.toUpperCase() === 'NOT') at += 1;
      if (all[at]?.text.toUpperCase() !== 'NULL') return fault(all[at], 'IS is followed by NULL or NOT NULL', 'value', about);
      at += 1;
    } else {
      const may = about.numeric ? NUMBER_SIGNS : [...TEXT_SIGNS, 'IN', 'NOT IN'];
      if (!may.includes(name)) return fault(sign, about.numeric ? `numbers compare by ${NUMBER_SIGNS.join(' ')}` : `texts compare by ${TEXT_SIGNS.join(' ')}`, 'sign', about);
      if (name.endsWith('IN')) {
        if (all[at]?.kind !== 'open') return fault(all[at], "a list is missing: ('a', 'b')", 'value', about);
        do {
          at += 1;
          if (all[at]?.kind !== 'text') return fault(all[at], 'a list holds texts in quotes', 'value', about);
          at += 1;
        } while (all[at]?.kind === 'comma');
        if (all[at]?.kind !== 'close') return fault(all[at], 'the list is not closed', 'value', about);
        at += 1;
      } else {
        const value = all[at];
        if (value === undefined) return fault(undefined, 'a value is missing', 'value', about);
        if (value.kind === 'wrong') return fault(value, closing(value), 'value', about);
        if (about.numeric && value.kind !== 'number') return fault(value, 'a number is needed here, without quotes', 'value', about);
        if (!about.numeric && value.kind !== 'text') return fault(value, "a text is needed here, in quotes: 'forest'", 'value', about);
        at += 1;
      }
    }
    const and = all[at];
    if (and === undefined) return { expected: 'and' };
    if (and.text.toUpperCase() !== 'AND') return fault(and, and.text.toUpperCase() === 'OR' ? 'MLflow’s grammar has no OR' : 'comparisons are joined by AND', 'and');
    at += 1;
  }
}

const closing = (token: Token) => (/^['"`]/.test(token.text) ? 'the quote is not closed' : `“${token.text}” has no meaning here`);

/** The first thing that is wrong with a filter; nothing for one that the server will most likely take. */
export function faultOf(text: string): Fault | undefined {
  return read(tokens(text), text.length).fault;
}

const plainKey = (key: string) => (/^[^\s=!<>'"`(),]+$/.test(key) ? key : `\`${key}\``);

export const filterKey = (entity: Entity, key: string) => `${entity}.${plainKey(key)}`;

/** What may stand where the caret is. */
export function complete(text: string, caret: number, known: Known): Completion {
  const before = tokens(text.slice(0, caret));
  const last = before.at(-1);
  // What is being written is not finished as long as the caret touches it.
  const open = last !== undefined && last.end === caret && ['word', 'key', 'text', 'wrong', 'sign'].includes(last.kind) ? last : undefined;
  const done = open === undefined ? before : before.slice(0, -1);
  const { expected, subject: about } = read(done, caret);
  const started = (open?.text ?? '').toLowerCase();
  const from = open?.at ?? caret;
  const fits = (options: readonly string[]) => {
    const starts = options.filter((option) => option.toLowerCase().startsWith(started));
    const holds = options.filter((option) => !starts.includes(option) && option.toLowerCase().includes(started));
    const found = [...starts, ...holds].slice(0, 30);
    return { from, to: caret, options: found.length === 1 && found[0]?.toLowerCase() === started ? [] : found };
  };
  if (expected === 'key') {
    const keys = (entity: Entity, all: readonly string[]) => all.map((key) => filterKey(entity, key));
    return fits([...keys('metrics', known.metrics), ...keys('params', known.params), ...keys('attributes', ATTRIBUTES), ...keys('tags', known.tags)]);
  }
  if (expected === 'sign') return fits(about?.numeric === true ? NUMBER_SIGNS : TEXT_SIGNS);
  if (expected === 'and') return fits(['AND']);
  if (about === undefined || about.numeric) return { from, to: caret, options: [] };
  const values = about.entity === 'attributes' && about.key === 'status' ? STATES : (known.values?.(`${about.entity}.${about.key}`) ?? []);
  return fits(values.filter((value) => !value.includes("'")).map((value) => `'${value}'`));
}
