/** What a file shows without being downloaded. Nothing of it runs in the page. */
import { Alert, Button, Group, SegmentedControl, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { Problem, signed } from '../api/client';
import { openFile } from '../api/download';
import { bytes } from '../pure/format';
import { readTable } from '../pure/csv';
import { Copy } from './Copy';
import { Frame } from './Frame';
import { Notebook } from './Notebook';
import { Empty, Failure, Loading } from './States';

const Markdown = lazy(() => import('./Markdown'));

/** More than this of a file is not read to be looked at. */
const MOST_BYTES = 3_000_000;
const MOST_IMAGE_BYTES = 30_000_000;
const MOST_ROWS = 500;

const IMAGES: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp', svg: 'image/svg+xml' };
const BINARY = ['pkl', 'pickle', 'joblib', 'onnx', 'pt', 'pth', 'bin', 'parquet', 'npy', 'npz', 'zip', 'gz', 'tar', 'whl', 'skops', 'h5', 'keras', 'safetensors', 'so', 'pdf', 'db'];

const endingOf = (path: string) => path.slice(path.lastIndexOf('.') + 1).toLowerCase();

interface Props {
  path: string;
  size: number;
  url: string;
  /** Changes with the file. */
  version?: string | number;
}

export function Preview({ path, size, url, version }: Props) {
  const ending = endingOf(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const image = IMAGES[ending];
  const shows = image !== undefined ? size <= MOST_IMAGE_BYTES : !BINARY.includes(ending);
  const query = useQuery({
    queryKey: ['file', url, size, version],
    queryFn: ({ signal }) => read(url, signal, image),
    enabled: shows,
    staleTime: Infinity,
    gcTime: 30_000,
  });
  return (
    <div className="preview">
      <Group gap="xs" justify="space-between" className="preview-head" wrap="nowrap">
        <Text size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>
          {name}{' '}
          <Text component="span" size="xs" c="dimmed">
            {bytes(size)}
          </Text>
        </Text>
        <Group gap={4} wrap="nowrap">
          <Copy text={path} what="Copy the path" />
          <Button component="a" href={url} target="_blank" rel="noreferrer" onClick={openFile} size="compact-xs" variant="default" leftSection={<IconDownload size={13} />}>
            Download
          </Button>
        </Group>
      </Group>
      {!shows ? (
        <Empty title="No preview">{image === undefined ? 'These are bytes for programs.' : 'The image is too large to be shown here.'}</Empty>
      ) : query.error !== null ? (
        <Failure error={query.error} again={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Loading lines={8} />
      ) : (
        <>
          {query.data.cut && (
            <Alert color="gray" m="sm" p="xs">
              The first {bytes(MOST_BYTES)} of {bytes(size)}.
            </Alert>
          )}
          {query.data.image !== undefined ? <Picture blob={query.data.image} name={name} /> : <Content ending={ending} name={name} text={query.data.text} cut={query.data.cut} />}
        </>
      )}
    </div>
  );
}

interface Read {
  text: string;
  image?: Blob;
  cut: boolean;
}

async function read(url: string, signal: AbortSignal, image: string | undefined): Promise<Read> {
  const response = await fetch(url, { headers: signed(), signal });
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => null));
  // Drawn as an image, not even SVG can run what it holds.
  if (image !== undefined) return { text: '', image: new Blob([await response.arrayBuffer()], { type: image }), cut: false };
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (reader !== undefined && length < MOST_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  const cut = length >= MOST_BYTES;
  if (cut) void reader?.cancel();
  const all = new Uint8Array(Math.min(length, MOST_BYTES));
  let at = 0;
  for (const part of parts) {
    const room = part.subarray(0, all.length - at);
    all.set(room, at);
    at += room.length;
  }
  return { text: new TextDecoder().decode(all), cut };
}

function Picture({ blob, name }: { blob: Blob; name: string }) {
  const [source, setSource] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setSource(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return <div className="picture">{source !== undefined && <img src={source} alt={name} />}</div>;
}

/** Of how a text can be shown, the first is what it means and `Source` what it says. */
function Content({ ending, name, text, cut }: { ending: string; name: string; text: string; cut: boolean }) {
  const meaning = useMemo(() => (cut && ending !== 'csv' && ending !== 'tsv' ? undefined : meaningOf(ending, text)), [ending, text, cut]);
  const [source, setSource] = useState(false);
  if (text.includes('\u0000')) return <Empty title="No preview">These are bytes for programs.</Empty>;
  if (text === '') return <Empty title="The file is empty" />;
  if (meaning === undefined) return <pre className="text" tabIndex={0}>{text}</pre>;
  return (
    <>
      <Group px="md" pt="xs">
        <SegmentedControl
          size="xs" aria-label="How it is shown" value={source ? 'source' : 'meaning'} onChange={(next) => setSource(next === 'source')}
          data={[{ value: 'meaning', label: meaning.label }, { value: 'source', label: 'Source' }]}
        />
      </Group>
      {source ? (
        <pre className="text" tabIndex={0}>{text}</pre>
      ) : 'rows' in meaning ? (
        <Table rows={meaning.rows} more={meaning.more} name={name} />
      ) : 'formatted' in meaning ? (
        <pre className="text" tabIndex={0}>{meaning.formatted}</pre>
      ) : meaning.label === 'Page' ? (
        <Frame html={text} label={name} />
      ) : meaning.label === 'Notebook' ? (
        <Notebook text={text} />
      ) : (
        <div style={{ padding: '8px 18px 18px' }}>
          <Suspense fallback={<Loading />}>
            <Markdown text={text} />
          </Suspense>
        </div>
      )}
    </>
  );
}

type Meaning =
  | { label: 'Table'; rows: string[][]; more: boolean }
  | { label: 'Formatted'; formatted: string }
  | { label: 'Page' | 'Notebook' | 'Text' };

function meaningOf(ending: string, text: string): Meaning | undefined {
  if (ending === 'csv' || ending === 'tsv') return { label: 'Table', ...readTable(text, ending === 'csv' ? ',' : '\t', MOST_ROWS + 1) };
  if (ending === 'html' || ending === 'htm') return { label: 'Page' };
  if (ending === 'md' || ending === 'markdown') return { label: 'Text' };
  if (ending !== 'json' && ending !== 'ipynb') return undefined;
  try {
    const said: unknown = JSON.parse(text);
    if (ending === 'ipynb') return Array.isArray((said as { cells?: unknown }).cells) ? { label: 'Notebook' } : undefined;
    const table = said as { columns?: unknown; data?: unknown };
    // As `mlflow.log_table` writes it.
    if (Array.isArray(table?.columns) && Array.isArray(table.data) && table.data.every(Array.isArray)) {
      const rows = [table.columns, ...(table.data as unknown[][]).slice(0, MOST_ROWS)];
      return { label: 'Table', rows: rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : JSON.stringify(cell)))), more: table.data.length > MOST_ROWS };
    }
    return { label: 'Formatted', formatted: JSON.stringify(said, null, 2) };
  } catch {
    return undefined;
  }
}

function Table({ rows, more, name }: { rows: string[][]; more: boolean; name: string }) {
  const [head = [], ...body] = rows;
  const isNumber = (cell: string | undefined) => cell !== undefined && cell !== '' && Number.isFinite(Number(cell));
  const numeric = head.map((_, at) => body.length > 0 && body.every((row) => row[at] === '' || row[at] === undefined || isNumber(row[at])));
  return (
    <div className="wide-table" tabIndex={0} role="region" aria-label={name}>
      <table className="table">
        <thead>
          <tr>
            {head.map((cell, at) => (
              <th key={at} scope="col" className={numeric[at] === true ? 'number' : undefined}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.map((row, at) => (
            <tr key={at}>
              {row.map((cell, place) => (
                <td key={place} className={numeric[place] === true ? 'number' : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more && (
        <Text size="xs" c="dimmed" p="sm">
          The first {body.length} rows; the file has all.
        </Text>
      )}
    </div>
  );
}
