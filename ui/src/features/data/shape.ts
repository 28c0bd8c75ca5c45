/** What of an answer can be drawn, and how. Pure. */

export interface Drawn {
  /** The column along the first axis. */
  across: string;
  /** Columns of numbers. */
  up: string[];
  kind: 'bars' | 'line';
}

type Column = { name: string; type: string };

const NUMBER = /^(U?Int|Float|Decimal)/;
const TIME = /^(Date|Timestamp)/;

/** The most bars that can be told apart. */
const BARS = 60;

/** The first column that is no number, or else the first one, against the columns of numbers; nothing where there are none. */
export function drawable(columns: readonly Column[], rows: number): Drawn | undefined {
  const numbers = columns.filter((column) => NUMBER.test(column.type));
  const across = columns.find((column) => !NUMBER.test(column.type)) ?? columns[0];
  const up = numbers.filter((column) => column !== across).map((column) => column.name).slice(0, 6);
  if (across === undefined || up.length === 0 || rows < 2) return undefined;
  const ordered = NUMBER.test(across.type) || TIME.test(across.type);
  return { across: across.name, up, kind: ordered || rows > BARS ? 'line' : 'bars' };
}

/** A value as a cell shows it. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The folders and files of a version that may be tables of their own: what stands first in its paths. */
export function tablesOf(paths: readonly string[]): string[] {
  const table = /\.(parquet|parq|pq|csv|tsv|jsonl|ndjson|arrow|feather)$/i;
  const first = paths.filter((path) => table.test(path)).map((path) => path.split('/')[0] ?? '');
  return [...new Set(first)].sort();
}

/** So much smaller than the largest, a column gets an axis of its own at the right. */
const APART = 20;

/** For each column, whether it is drawn against the axis at the right: next to the largest it would be a flat line. */
export function atTheRight(most: readonly number[]): boolean[] {
  const largest = Math.max(...most);
  return most.map((own) => own > 0 && own * APART < largest);
}
