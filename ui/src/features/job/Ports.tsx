/** Inputs and outputs of a job, each with the asset that it is. */
import { Text } from '@mantine/core';
import { api, ok } from '../../api/client';
import { assetLink } from '../../pure/links';
import { bytes, count } from '../../pure/format';
import { A } from '../../parts/A';
import { Copy } from '../../parts/Copy';
import { Panel } from '../../parts/Panel';
import { Register } from '../model/Register';
import type { Job } from './queries';

/** As it stands; the digest is there once its bytes are. */
interface Output {
  type: string;
  uri: string;
  digest?: string | null;
  size_bytes: number;
  files: number;
  asset?: string | null;
}

/** As the server resolved it: text, or files. */
type Input = { kind: 'literal'; value: string } | { kind: 'data'; type: string; mode: string; asset?: string | null; uri: string };

/** Types of outputs that can become a version of a model. */
const MODELS = ['mlflow_model', 'custom_model', 'triton_model'];

async function registerOutput(ws: string, job: string, output: string, type: string, name: string): Promise<string> {
  const body = { path: `azureml://jobs/${job}/outputs/${output}`, type };
  const made = await ok(api.POST('/api/v1/workspaces/{ws}/models/{name}/versions', { params: { path: { ws, name } }, body: body as never }));
  return (made as unknown as { version: string }).version;
}

export function Inputs({ ws, job }: { ws: string; job: Job }) {
  const inputs = Object.entries(job.inputs as Record<string, Input>);
  if (inputs.length === 0) return null;
  return (
    <Panel title="Inputs" flush>
      <table className="table" aria-label="Inputs">
        <tbody>
          {inputs.map(([name, input]) => (
            <tr key={name}>
              <td className="nowrap port">{name}</td>
              <td style={{ width: '100%', overflowWrap: 'anywhere' }}>
                {input.kind === 'literal' ? (
                  <span className="mono">{input.value}</span>
                ) : (
                  <Place ws={ws} asset={input.asset} uri={input.uri} about={`${input.type} · ${input.mode}`} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

export function Outputs({ ws, job }: { ws: string; job: Job }) {
  const outputs = Object.entries(job.outputs as unknown as Record<string, Output>);
  if (outputs.length === 0) return null;
  return (
    <Panel title="Outputs" flush>
      <table className="table" aria-label="Outputs">
        <tbody>
          {outputs.map(([name, output]) => (
            <tr key={name}>
              <td className="nowrap port">{name}</td>
              <td style={{ width: '100%', overflowWrap: 'anywhere' }}>
                <Place
                  ws={ws} asset={output.asset} uri={output.uri}
                  about={output.digest == null ? output.type : `${output.type} · ${count(output.files, 'file')} · ${bytes(output.size_bytes)}`}
                />
                {MODELS.includes(output.type) && output.digest != null && output.asset == null && (
                  <div style={{ marginTop: 6 }}>
                    <Register ws={ws} what={name} register={(model) => registerOutput(ws, job.name, name, output.type, model)} />
                  </div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Place({ ws, asset, uri, about }: { ws: string; asset?: string | null; uri: string; about: string }) {
  const link = assetLink(ws, asset);
  return (
    <>
      {link !== undefined ? (
        <A to={link}>{asset}</A>
      ) : (
        <span className="mono">
          {uri} <Copy text={uri} what="Copy the address" />
        </span>
      )}
      <Text size="xs" c="dimmed">
        {about}
      </Text>
    </>
  );
}
