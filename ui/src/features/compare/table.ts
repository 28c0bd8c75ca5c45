/** Runs side by side: a row for each key. Pure. */

export interface Side {
  key: string;
  /** A value for each run; nothing where it has none. */
  values: (string | undefined)[];
  differs: boolean;
}

export function sideBySide(all: readonly Readonly<Record<string, string>>[]): Side[] {
  const keys = [...new Set(all.flatMap((each) => Object.keys(each)))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  return keys.map((key) => {
    const values = all.map((each) => each[key]);
    return { key, values, differs: new Set(values).size > 1 };
  });
}

/** Numbers, if all that is there are numbers and there are two at least. */
export function numbers(values: readonly (string | undefined)[]): (number | undefined)[] | undefined {
  const found = values.map((value) => (value === undefined || value.trim() === '' ? undefined : Number(value)));
  const whole = found.every((value, at) => value === undefined ? values[at] === undefined || values[at]?.trim() === '' : Number.isFinite(value));
  return whole && found.filter((value) => value !== undefined).length > 1 ? found : undefined;
}
