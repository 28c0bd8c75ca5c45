/** The command lines that do what a page does. Pure. */

export interface Where {
  ws: string;
  /** The origin of this page. */
  origin: string;
}

/** What the command line takes for the server when it is told nothing. */
const USUAL = ['http://127.0.0.1:5757', 'http://localhost:5757'];

export function commandLine(words: readonly string[], { ws, origin }: Where): string {
  const all = ['tidemill', ...words];
  if (ws !== 'default') all.push('-w', ws);
  if (!USUAL.includes(origin)) all.push('--server', origin);
  return all.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
