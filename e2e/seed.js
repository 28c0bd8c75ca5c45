/** Something of everything that the studio shows. */
const environment = { conda_file: { dependencies: ['python=3.11'] } };
const v1 = '/api/v1/workspaces/default';
const mlflow = '/api/2.0/mlflow';

const command = (more) => ({ type: 'command', environment, ...more });

/** A stack that was applied and has moved since, and a plan of it that waits for somebody to agree. */
export async function infrastructure({ send }) {
  await send('PUT', '/api/v1/users/board-member', { password: 'correct horse battery' });
  await send('PUT', '/api/v1/teams/board', { members: ['user:board-member'] });
  await send('PUT', '/api/v1/roles/Approver', { actions: ['infra/read', 'infra/approve', 'workspaces/read'], assignableScopes: ['/'] });
  await send('POST', '/api/v1/assignments', { principal: 'user:board-member', role: 'Approver', scope: '/' });
  await send('PUT', '/api/v1/groups/flights', { infrastructure: { PRD: { approvals: { count: 1, team: 'board' } } } });
  const plan = (stage, nodes, more = {}) => {
    const name = `flights-${stage.toLowerCase()}`;
    return send('POST', '/api/v1/infra/plans', {
      stack: name, source: 'files',
      resources: [
        { kind: 'workspace', place: 'flights', name, spec: { stage, description: 'Delays of flights' }, file: 'infrastructure/stage/workspace.yml', line: 1 },
        { kind: 'compute', place: name, name: 'cpu', spec: { type: 'amlcompute', max_instances: nodes, tags: { team: 'ops' } }, file: 'infrastructure/stage/compute.yml', line: 1 },
      ],
      ...more,
    });
  };
  const tests = [{ name: 'its own store opens', probe: { datastore: 'workspaceblobstore' } }];
  const applied = await plan('TEST', 2, { tests, notes: [{ what: 'Microsoft.Insights/components ai', why: 'logs, metrics and events are kept by the server itself' }] });
  await send('POST', `/api/v1/infra/plans/${applied.id}:apply`, {});
  for (let look = 0; look < 100; look += 1) {
    const now = await send('GET', `/api/v1/infra/plans/${applied.id}`);
    if (now.state === 'applied' && now.tests.every(({ state }) => state === 'passed')) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await send('PUT', '/api/v1/workspaces/flights-test/computes/cpu', { type: 'amlcompute', max_instances: 9, tags: { team: 'ops' } });
  const waits = await plan('PRD', 4);
  return { applied: applied.id, waits: waits.id };
}

export async function seed({ send }) {
  const submit = (name, spec) => send('PUT', `${v1}/jobs/${name}`, { spec });
  await submit('train_delay', {
    type: 'pipeline', display_name: 'Train the delay model', experiment_name: 'delay', tags: { team: 'ops' },
    jobs: {
      prepare: command({
        outputs: { clean: { type: 'uri_folder', name: 'flights' } },
        command: 'echo "1,204 rows kept" && echo 1 > ${{outputs.clean}}/rows.csv',
      }),
      train: command({
        inputs: { clean: '${{parent.jobs.prepare.outputs.clean}}', rate: 0.1 },
        outputs: { model: { type: 'custom_model', name: 'delay' } },
        command: 'echo "epoch 1 of 1" && cp ${{inputs.clean}}/rows.csv ${{outputs.model}}/model.bin',
      }),
      report: command({
        inputs: { clean: '${{parent.jobs.prepare.outputs.clean}}' },
        command: 'cat ${{inputs.clean}}/rows.csv',
      }),
    },
  });
  await ended({ send }, 'train_delay');
  await send('PUT', `${v1}/environments/forecast/versions/1`, { name: 'forecast', version: '1', image: 'python:3', description: 'What the forecasts run in.', conda_file: environment.conda_file });
  await send('PUT', `${v1}/components/clean_rows/versions/1`, { type: 'command', name: 'clean_rows', version: '1', display_name: 'Clean rows', environment, inputs: { raw: { type: 'uri_folder' } }, outputs: { clean: { type: 'uri_folder' } }, command: 'cp ${{inputs.raw}}/* ${{outputs.clean}}/' });
  await submit('sad_harbor', command({ display_name: 'Score the backlog', command: 'echo "no such file: backlog.csv" >&2; exit 3' }));
  await ended({ send }, 'sad_harbor');
  // Its second step fails the first time and not the second.
  await submit('stuck_dredger', {
    type: 'pipeline', display_name: 'Dredge the channel', experiment_name: 'delay',
    jobs: {
      first: command({ outputs: { out: { type: 'uri_folder' } }, command: 'date +%s%N > ${{outputs.out}}/mark' }),
      second: command({
        inputs: { mark: '${{parent.jobs.first.outputs.out}}' },
        command: 'case $TIDEMILL_ATTEMPT in */1) exit 4;; esac',
      }),
    },
  });
  await ended({ send }, 'stuck_dredger');
  await submit('busy_tide', command({
    display_name: 'Nightly backfill', experiment_name: 'backfill', inputs: { month: '2026-11' },
    command: 'for day in $(seq 1 1000); do echo "day $day: 1,204 rows read"; sleep 0.2; done',
  }));
  const { experiment_id } = await send('POST', `${mlflow}/experiments/create`, { name: 'churn' });
  const created = await send('POST', `${mlflow}/runs/create`, { experiment_id, run_name: 'capable-shrew-12', start_time: Date.now() - 60_000 });
  const { run_id } = created.run.info;
  const metrics = Array.from({ length: 300 }, (_, step) => ({
    key: 'train/loss', value: 2 * Math.exp(-step / 80) + (step % 7) / 50, timestamp: Date.now() - 60_000 + step * 100, step,
  }));
  metrics.push({ key: 'test_auc', value: 0.9134, timestamp: Date.now(), step: 0 });
  await send('POST', `${mlflow}/runs/log-batch`, {
    run_id, metrics, params: [{ key: 'learning_rate', value: '0.05' }], tags: [{ key: 'note', value: '<img src=x onerror=alert(1)>' }],
  });
  await send('POST', `${mlflow}/runs/log-batch`, { run_id, tags: [{ key: 'mlflow.note.content', value: '## A note\n\nRead **this**. <img src=x onerror="document.title=1"> <script>document.title=2</script>' }] });
  const artifacts = `/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts`;
  for (const [path, bytes] of Object.entries(files)) await send('PUT', `${artifacts}/${path}`, bytes);
  const sweep = [];
  for (let at = 0; at < 24; at += 1) sweep.push(await trial({ send }, experiment_id, at));
  return { experiment: experiment_id, run: run_id, sweep };
}

export async function ended({ send }, name) {
  for (let look = 0; look < 300; look += 1) {
    const job = await send('GET', `${v1}/jobs/${name}`);
    if (['Completed', 'Failed', 'Canceled'].includes(job.status)) return job;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`job ${name} has not ended after a minute`);
}

/** One of many runs that try the same with other parameters. */
async function trial({ send }, experiment_id, at) {
  const start = Date.now() - (30 - at) * 3_600_000;
  const [rate, depth] = [[0.01, 0.03, 0.1, 0.3][at % 4], 2 + (at % 6)];
  const created = await send('POST', `${mlflow}/runs/create`, {
    experiment_id, run_name: `trial-${String(at).padStart(2, '0')}`, start_time: start, tags: [{ key: 'team', value: at % 2 ? 'ops' : 'risk' }],
  });
  const { run_id } = created.run.info;
  const points = (key, floor) => Array.from({ length: 120 }, (_, step) => ({ key, value: floor + Math.exp(-step * rate) + Math.sin(step * at) / 80, timestamp: start + step * 500, step }));
  await send('POST', `${mlflow}/runs/log-batch`, {
    run_id,
    metrics: [...points('train/loss', 0.1), ...points('val/loss', 0.15 + at / 200), { key: 'test_auc', value: 0.7 + rate / 2 + depth / 100, timestamp: start, step: 0 }],
    params: [{ key: 'learning_rate', value: String(rate) }, { key: 'max_depth', value: String(depth) }, { key: 'model', value: ['forest', 'boosting', 'linear'][at % 3] }],
    tags: [],
  });
  await send('POST', `${mlflow}/runs/update`, { run_id, status: at % 7 === 3 ? 'FAILED' : 'FINISHED', end_time: start + 60_000 });
  return run_id;
}

const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGPgnHgbK2IYWhL/sQMAYkWBAbLP9H0AAAAASUVORK5CYII=', 'base64');

/** One of each kind that can be looked into; what is HTML tries to leave its frame. */
const files = {
  'report/page.html': `<!doctype html><h1>Report</h1><p id=said>not run</p><script>
    let out = [origin];
    try { parent.document.title = 'stolen'; out.push('reached the page'); } catch { out.push('no page'); }
    try { localStorage.getItem('x'); out.push('reached storage'); } catch { out.push('no storage'); }
    fetch('/api/v1/workspaces').then(() => out.push('reached the API'), () => out.push('no API')).finally(() => { said.textContent = out.join(', '); });
  </script>`,
  'report/table.csv': 'month,flights,late\n2013-07,29425,0.31\n"2013-08, all",29327,0.24\n',
  'report/summary.json': '{"auc": 0.91, "slices": {"EWR": 0.9}}',
  'report/notes.md': '# Notes\n\n- one\n- two\n\n<script>document.title = 3</script>',
  'report/log.txt': 'line one\nline two\n',
  'report/drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><circle cx="30" cy="30" r="20" fill="teal"/><script>document.title = 4</script></svg>',
  'report/plot.png': pixel,
  'report/look.ipynb': JSON.stringify({
    cells: [
      { cell_type: 'markdown', source: ['# A notebook'] },
      { cell_type: 'code', execution_count: 3, source: 'print("hello")', outputs: [{ output_type: 'stream', name: 'stdout', text: ['hello from the cell'] }] },
    ], nbformat: 4, nbformat_minor: 5, metadata: {},
  }),
  'model/MLmodel': 'flavors:\n  python_function:\n    loader_module: x\n',
  'model/model.pkl': Uint8Array.from([1, 2, 3, 0]),
};
