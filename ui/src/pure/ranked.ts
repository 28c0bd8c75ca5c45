/** What fits best to what somebody typed comes first. Pure. */

/** How well a text fits: from its start, from the start of a word, somewhere, or all letters in order. Less is better. */
function fit(text: string, wanted: string): number | undefined {
  const at = text.indexOf(wanted);
  if (at === 0) return 0;
  if (at > 0) return /[\s_\-/.]/.test(text[at - 1] ?? '') ? 1 : 2;
  let from = 0;
  for (const letter of wanted.replaceAll(' ', '')) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return undefined;
  }
  return 3;
}

export function ranked<T>(all: readonly T[], wanted: string, text: (item: T) => string): T[] {
  const needle = wanted.trim().toLowerCase();
  if (needle === '') return [...all];
  return all
    .map((item, at) => ({ item, at, fit: fit(text(item).toLowerCase(), needle) }))
    .filter((each): each is { item: T; at: number; fit: number } => each.fit !== undefined)
    .sort((a, b) => a.fit - b.fit || a.at - b.at)
    .map((each) => each.item);
}
