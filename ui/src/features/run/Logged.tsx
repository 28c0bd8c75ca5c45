/** What a run logged beside metrics: parameters and tags. */
import { Pairs } from '../../parts/Facts';
import { Panel } from '../../parts/Panel';
import type { Run } from '../../api/mlflow';

const isOwn = (key: string) => key.startsWith('mlflow.') || key.startsWith('azureml.');

export function Params({ run }: { run: Run }) {
  const params = [...(run.data.params ?? [])].sort((a, b) => a.key.localeCompare(b.key));
  if (params.length === 0) return null;
  return (
    <Panel title="Parameters">
      <Pairs rows={params.map(({ key, value }) => [key, <span className="mono" key={key}>{value}</span>])} />
    </Panel>
  );
}

/** Tags that people set; MLflow's own are facts that are shown elsewhere. */
export function Tags({ run }: { run: Run }) {
  const tags = (run.data.tags ?? []).filter(({ key }) => !isOwn(key)).sort((a, b) => a.key.localeCompare(b.key));
  if (tags.length === 0) return null;
  return (
    <Panel title="Tags">
      <Pairs rows={tags.map(({ key, value }) => [key, value])} />
    </Panel>
  );
}
