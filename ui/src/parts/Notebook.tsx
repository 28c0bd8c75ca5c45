/** A Jupyter notebook, as it was saved. What its outputs draw as HTML is framed. */
import { lazy, Suspense } from 'react';
import { logLines } from '../features/job/logs';
import { Frame } from './Frame';

const Markdown = lazy(() => import('./Markdown'));

type Text = string | string[] | undefined;

interface Output {
  output_type: string;
  name?: string;
  text?: Text;
  ename?: string;
  traceback?: string[];
  data?: Record<string, Text>;
}

interface Cell {
  cell_type: string;
  source: Text;
  execution_count?: number | null;
  outputs?: Output[];
}

const joined = (text: Text) => (Array.isArray(text) ? text.join('') : (text ?? ''));

export function Notebook({ text }: { text: string }) {
  const cells = (JSON.parse(text) as { cells?: Cell[] }).cells ?? [];
  return (
    <div className="notebook">
      {cells.map((cell, at) => (
        <div key={at} className="cell">
          <span className="count">{cell.cell_type === 'code' ? `[${cell.execution_count ?? ' '}]` : ''}</span>
          <div>
            {cell.cell_type === 'markdown' ? (
              <Suspense fallback={null}>
                <Markdown text={joined(cell.source)} />
              </Suspense>
            ) : (
              <pre tabIndex={0}>{joined(cell.source)}</pre>
            )}
            {(cell.outputs ?? []).map((output, place) => (
              <Shown key={place} output={output} />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

function Shown({ output }: { output: Output }) {
  const data = output.data ?? {};
  for (const type of ['image/png', 'image/jpeg', 'image/gif']) {
    if (data[type] !== undefined) return <img alt="What the cell drew" src={`data:${type};base64,${joined(data[type]).replaceAll('\n', '')}`} />;
  }
  // Drawn as an image, SVG runs nothing.
  if (data['image/svg+xml'] !== undefined) return <img alt="What the cell drew" src={`data:image/svg+xml,${encodeURIComponent(joined(data['image/svg+xml']))}`} />;
  if (data['text/html'] !== undefined) return <Frame html={joined(data['text/html'])} label="What the cell drew" height={320} />;
  const text = output.traceback?.join('\n') ?? joined(output.text ?? data['text/plain']);
  return <pre className={output.ename === undefined ? 'said' : 'said wrong'} tabIndex={0}>{logLines(text).join('\n')}</pre>;
}
