/** Submitting a job once more: the same specification under a new name. Pure. */

/** `train_7k2f` of `train`, and `train_9x01` of `train_7k2f`. */
export function nextName(name: string, random: () => number): string {
  const base = name.replace(/_[0-9a-z]{4}$/, '').slice(0, 200);
  return `${base}_${Math.floor(random() * 36 ** 4).toString(36).padStart(4, '0')}`;
}

/** The specification without the name that it had. */
export function specAgain(spec: unknown): Record<string, unknown> {
  const { name: _, ...rest } = spec as Record<string, unknown>;
  return rest;
}
