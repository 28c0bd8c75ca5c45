/** What differs between two texts, line by line. */
import { diffLines, hunks, type DiffLine } from '../pure/diff';

const SIGNS = { same: ' ', gone: '−', new: '+' };

export function Lines({ label, lines }: { label: string; lines: readonly (DiffLine | 'gap')[] }) {
  return (
    <pre tabIndex={0} aria-label={label}>
      {lines.map((line, at) =>
        line === 'gap' ? (
          <div key={at} className="gap">
            ⋯
          </div>
        ) : (
          <div key={at} className={line.kind}>
            <i>{line.before}</i>
            <i>{line.after}</i>
            <span>{SIGNS[line.kind]}</span>
            <code>{line.text}</code>
          </div>
        ),
      )}
    </pre>
  );
}

export function Diff({ label, before, after }: { label: string; before: string; after: string }) {
  return (
    <div className="diff">
      <Lines label={label} lines={hunks(diffLines(before, after))} />
    </div>
  );
}
