/** Reads and writes comma- or tab-separated text (RFC 4180). Pure; never fails. */

export function readTable(text: string, separator: string, most: number): { rows: string[][]; more: boolean } {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  let at = 0;
  const end = () => {
    row.push(field);
    field = '';
  };
  for (; at < text.length && rows.length < most; at += 1) {
    const char = text[at] ?? '';
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === '') quoted = true;
    else if (char === separator) end();
    else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at += 1;
      end();
      rows.push(row);
      row = [];
    } else field += char;
  }
  if (rows.length < most && (field !== '' || row.length > 0)) {
    end();
    rows.push(row);
  }
  return { rows, more: at < text.length };
}

/** Rows as comma-separated text; nothing is an empty field. */
export function writeTable(rows: readonly (readonly (string | number | undefined)[])[]): string {
  const field = (value: string | number | undefined) => {
    const text = value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
