/** What a run logged beside metrics: parameters, tags, a description, data that went in, models that came out. */
import { Alert, Box, Group, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';
import { deleteTag, registerModel, setTag, type Run } from '../../api/mlflow';
import { short } from '../../pure/format';
import { Copy } from '../../parts/Copy';
import { Description } from '../../parts/Description';
import { Panel } from '../../parts/Panel';
import { Empty } from '../../parts/States';
import { Tags } from '../../parts/Tags';
import { useChange } from '../../parts/useChange';
import { useTagLinks } from '../../parts/useTagLinks';
import { Register } from '../model/Register';

/** Where MLflow keeps what people say of a run. */
const NOTE = 'mlflow.note.content';

const isOwn = (key: string) => key.startsWith('mlflow.') || key.startsWith('azureml.') || key.startsWith('tidemill.');

/** With more than this, one is found by typing. */
const MANY = 12;

export function Params({ run }: { run: Run }) {
  const [wanted, want] = useState('');
  const all = [...(run.data.params ?? [])].sort((a, b) => a.key.localeCompare(b.key));
  const params = all.filter(({ key, value }) => `${key} ${value}`.toLowerCase().includes(wanted.toLowerCase()));
  if (all.length === 0) return null;
  return (
    <Panel
      title="Parameters" flush
      aside={all.length > MANY && <TextInput size="xs" w={140} placeholder={`Find among ${all.length}`} aria-label="Find a parameter" value={wanted} onChange={(event) => want(event.currentTarget.value)} />}
    >
      {params.length === 0 ? (
        <Empty title="No parameter like that" />
      ) : (
        <div style={{ maxHeight: 420, overflow: 'auto' }}>
          <table className="table" aria-label="Parameters">
            <tbody>
              {params.map(({ key, value }) => (
                <tr key={key}>
                  <td className="port key" title={key}>{key}</td>
                  <td className="mono" style={{ width: '60%', overflowWrap: 'anywhere' }}>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** Tags that people set; MLflow's own are facts that are shown elsewhere. */
export function RunTags({ ws, run }: { ws: string; run: Run }) {
  const id = run.info.run_id;
  const set = useChange<[string, string]>({ change: ([key, value]) => setTag(ws, id, key, value), stale: [['run', ws, id]] });
  const remove = useChange<string>({ change: (key) => deleteTag(ws, id, key), stale: [['run', ws, id]] });
  const tags = (run.data.tags ?? []).filter(({ key }) => !isOwn(key)).sort((a, b) => a.key.localeCompare(b.key));
  return <Tags tags={tags.map(({ key, value }) => [key, value] as const)} onSet={(key, value) => set.mutateAsync([key, value])} onRemove={(key) => remove.mutateAsync(key)} linkOf={useTagLinks(ws)} />;
}

/** Which rules of the workspace the run breaks. */
export function RunWarning({ run }: { run: Run }) {
  const said = run.data.tags?.find(({ key }) => key === 'tidemill.policy.warning')?.value;
  if (said === undefined) return null;
  const each = said.split('; rule `').map((text, at) => (at === 0 ? text : `rule \`${text}`));
  return (
    <Alert color="orange" icon={<IconAlertTriangle size={18} />} title={each.length === 1 ? 'A rule of the workspace is broken' : `${each.length} rules of the workspace are broken`} mb="md">
      {each.map((text) => (
        <div key={text}>{text}</div>
      ))}
    </Alert>
  );
}

export function RunDescription({ ws, run }: { ws: string; run: Run }) {
  const id = run.info.run_id;
  const save = useChange<string>({ change: (text) => setTag(ws, id, NOTE, text), stale: [['run', ws, id]] });
  return <Description text={run.data.tags?.find(({ key }) => key === NOTE)?.value ?? ''} onSave={(text) => save.mutateAsync(text)} />;
}

export function Datasets({ run }: { run: Run }) {
  const datasets = run.inputs?.dataset_inputs ?? [];
  if (datasets.length === 0) return null;
  return (
    <Panel title="Data that went in" flush>
      <table className="table" aria-label="Data that went in">
        <tbody>
          {datasets.map(({ dataset, tags = [] }) => (
            <tr key={`${dataset.name} ${dataset.digest}`}>
              <td style={{ overflowWrap: 'anywhere' }}>
                {dataset.name} <span className="mono">{short(dataset.digest)}</span>
                <Text size="xs" c="dimmed">
                  {[tags.find(({ key }) => key === 'mlflow.data.context')?.value, dataset.source_type, dataset.profile].filter(Boolean).join(' · ')}
                </Text>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

export function LoggedModels({ ws, run }: { ws: string; run: Run }) {
  const models = run.outputs?.model_outputs ?? [];
  if (models.length === 0) return null;
  return (
    <Panel title="Models it logged" flush>
      <table className="table" aria-label="Models it logged">
        <tbody>
          {models.map(({ model_id }) => (
            <tr key={model_id}>
              <td>
                <Group justify="space-between">
                  <Box className="mono">
                    {model_id} <Copy text={`models:/${model_id}`} what="Copy the address" />
                  </Box>
                  <Register ws={ws} what={model_id} register={(name) => registerModel(ws, name, `models:/${model_id}`, run.info.run_id)} />
                </Group>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
