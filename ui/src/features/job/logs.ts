/** The logs of a job and its steps, put together from pieces that may come twice. Pure. */

export interface LogPiece {
  job: string;
  node: string | null;
  file: string;
  /** Bytes from the start of the file. */
  offset: number;
  next_offset: number;
  text: string;
}

export interface LogFile {
  /** Its step and name, as a list shows it. */
  label: string;
  job: string;
  file: string;
  text: string;
  /** How much of the file this is, in bytes. */
  end: number;
}

export type Logs = Readonly<Record<string, LogFile>>;

/** More than this of one file is not kept in the page; the file itself has all of it. */
const MOST_CHARACTERS = 4_000_000;

export function addPieces(logs: Logs, pieces: readonly LogPiece[]): Logs {
  const all: Record<string, LogFile> = { ...logs };
  for (const piece of pieces) {
    const key = `${piece.job}/${piece.file}`;
    const known = all[key];
    const end = known?.end ?? 0;
    if (piece.next_offset <= end && known !== undefined) continue;
    const fresh = piece.offset < end ? cut(piece.text, end - piece.offset) : piece.text;
    const text = ((known?.text ?? '') + fresh).slice(-MOST_CHARACTERS);
    const label = piece.node === null ? piece.file : `${piece.node} · ${piece.file}`;
    all[key] = { label, job: piece.job, file: piece.file, text, end: piece.next_offset };
  }
  return all;
}

/** Leaves out the first bytes of a text. */
function cut(text: string, bytes: number): string {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(bytes));
}

const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|\u001b\\))/g;

/** Lines as a terminal would leave them: no colours, and of a progress bar only its last state. */
export function logLines(text: string): string[] {
  const lines = text.replace(ESCAPES, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => {
    const end = line.endsWith('\r') ? line.slice(0, -1) : line;
    return end.slice(end.lastIndexOf('\r') + 1);
  });
}

export interface Line {
  /** From 1. */
  number: number;
  text: string;
}

/** The lines that contain a text in any case; all, when it is empty. */
export function findLines(lines: readonly string[], wanted: string): Line[] {
  const needle = wanted.toLowerCase();
  const numbered = lines.map((text, at) => ({ number: at + 1, text }));
  return needle === '' ? numbered : numbered.filter((line) => line.text.toLowerCase().includes(needle));
}
