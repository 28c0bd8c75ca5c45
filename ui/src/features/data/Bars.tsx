/** Counts side by side, small enough for a cell. */

interface Props {
  label: string;
  counts: readonly number[];
  width?: number;
  height?: number;
}

export function Bars({ label, counts, width = 132, height = 34 }: Props) {
  const most = Math.max(...counts, 1);
  const wide = width / Math.max(counts.length, 1);
  return (
    <svg width={width} height={height} role="img" aria-label={label} style={{ display: 'block' }}>
      {counts.map((count, at) => {
        const tall = count === 0 ? 0 : Math.max((count / most) * (height - 2), 1);
        return <rect key={at} x={at * wide} y={height - tall} width={Math.max(wide - 1, 0.5)} height={tall} fill="var(--mantine-color-tide-5)" />;
      })}
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--edge)" />
    </svg>
  );
}

/** A share as a bar with its words. */
export function Share({ share, words }: { share: number; words: string }) {
  return (
    <div style={{ position: 'relative', padding: '1px 6px', fontSize: 12, lineHeight: '16px', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }} title={words}>
      <div aria-hidden style={{ position: 'absolute', inset: 0, width: `${Math.min(share, 1) * 100}%`, background: 'color-mix(in srgb, var(--mantine-color-tide-5) 22%, transparent)', borderRadius: 3 }} />
      <span style={{ position: 'relative' }}>{words}</span>
    </div>
  );
}
