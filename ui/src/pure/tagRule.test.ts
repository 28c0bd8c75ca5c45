import { describe, expect, it } from 'vitest';
import { linkOf } from './tagRule';

const rules = [
  { tag: 'team', link: null },
  { tag: 'item', link: 'https://tracker.example/items/{digits}?from={value}' },
  { tag: 'item', link: 'https://other.example/{value}' },
];

describe('links of tags', () => {
  it('puts the value and its digits where the rule says', () => {
    expect(linkOf(rules, 'item', 'AB#17')).toBe('https://tracker.example/items/17?from=AB%2317');
    expect(linkOf(rules, 'item', 'none')).toBeUndefined();
    expect(linkOf(rules, 'team', 'ops')).toBeUndefined();
    expect(linkOf(rules, 'other', '1')).toBeUndefined();
  });

  it('leads to the web alone, whatever the value is', () => {
    expect(linkOf([{ tag: 't', link: '{value}' }], 't', 'javascript:alert(1)')).toBeUndefined();
    expect(linkOf([{ tag: 't', link: 'https://t.example/{value}' }], 't', '../../x" onclick="y')).toBe('https://t.example/..%2F..%2Fx%22%20onclick%3D%22y');
  });
});
