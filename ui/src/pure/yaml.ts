/** Shows a specification as the YAML that people write. Only for reading: what is written back goes as JSON. */

type Value = unknown;

export function yaml(value: Value): string {
  return lines(value, 0).join('\n');
}

function lines(value: Value, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (isScalar(item)) return [`${indent}- ${scalar(item, depth + 1)}`];
      const [first = '', ...more] = lines(item, depth + 1);
      return [`${indent}- ${first.trimStart()}`, ...more];
    });
  }
  if (isScalar(value)) return [indent + scalar(value, depth)];
  return Object.entries(value as Record<string, Value>).flatMap(([key, inner]) => {
    const name = `${indent}${text(key)}:`;
    return isScalar(inner) ? [`${name} ${scalar(inner, depth + 1)}`] : [name, ...lines(inner, depth + 1)];
  });
}

function isScalar(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return (Array.isArray(value) ? value : Object.keys(value)).length === 0;
}

function scalar(value: Value, depth: number): string {
  if (typeof value === 'string') {
    if (!value.includes('\n') || /^\s|[^\S\n]\n|\t/.test(value)) return text(value);
    const indent = '  '.repeat(depth);
    const sign = value.endsWith('\n') ? '|' : '|-';
    const body = value.replace(/\n$/, '').split('\n').map((line) => (line === '' ? '' : indent + line));
    return [sign, ...body].join('\n');
  }
  if (Array.isArray(value)) return '[]';
  return typeof value === 'object' && value !== null ? '{}' : String(value);
}

/** Plain where YAML would read the same text again, else quoted. */
function text(value: string): string {
  const plain = /^[A-Za-z_./$<{(][^\n]*$/.test(value) && !/: |:$| #|\s$|^\{(?!\{)|^\.?(inf|nan)$|^\.\d/i.test(value);
  const word = /^(true|false|null|yes|no|on|off|y|n|~)$/i.test(value);
  return plain && !word && !value.startsWith('{') ? value : JSON.stringify(value);
}
