/** Where the rules of a workspace link tags to: an item in a tracker, say. */

export interface TagLink {
  tag?: string | null;
  link?: string | null;
}

/** The address that a tag is linked to, by the first rule that has one for it; nothing but http and https. */
export function linkOf(rules: readonly TagLink[], tag: string, value: string): string | undefined {
  const template = rules.find((rule) => rule.tag === tag && rule.link != null)?.link;
  if (template == null) return undefined;
  const digits = value.replace(/[^0-9]/g, '');
  if (template.includes('{digits}') && digits === '') return undefined;
  const address = template.replaceAll('{value}', encodeURIComponent(value)).replaceAll('{digits}', digits);
  try {
    return ['http:', 'https:'].includes(new URL(address).protocol) ? address : undefined;
  } catch {
    return undefined;
  }
}
