/** Something of everything that the studio shows. */
import { tmpdir } from 'node:os';

const environment = { conda_file: { dependencies: ['python=3.11'] } };
const v1 = '/api/v1/workspaces/default';
const mlflow = '/api/2.0/mlflow';

const command = (more) => ({ type: 'command', environment, ...more });

export async function seed({ send }) {
  const submit = (name, spec) => send('PUT', `${v1}/jobs/${name}`, { spec });
  await submit('train_delay', {
    type: 'pipeline', display_name: 'Train the delay model', experiment_name: 'delay', tags: { team: 'ops' },
    jobs: {
      prepare: command({
        outputs: { clean: { type: 'uri_folder' } },
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
  await submit('sad_harbor', command({ display_name: 'Score the backlog', command: 'echo "no such file: backlog.csv" >&2; exit 3' }));
  await ended({ send }, 'sad_harbor');
  // Its second step fails the first time and not the second.
  await submit('stuck_dredger', {
    type: 'pipeline', display_name: 'Dredge the channel', experiment_name: 'delay',
    jobs: {
      first: command({ outputs: { out: { type: 'uri_folder' } }, command: 'date > ${{outputs.out}}/mark' }),
      second: command({
        inputs: { mark: '${{parent.jobs.first.outputs.out}}' },
        command: `mark=${tmpdir()}/tidemill-e2e-$(cat \${{inputs.mark}}/mark | tr -dc 0-9); [ -e $mark ] || { touch $mark; exit 4; }; rm $mark`,
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
  return { experiment: experiment_id, run: run_id };
}

export async function ended({ send }, name) {
  for (let look = 0; look < 300; look += 1) {
    const job = await send('GET', `${v1}/jobs/${name}`);
    if (['Completed', 'Failed', 'Canceled'].includes(job.status)) return job;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`job ${name} has not ended after a minute`);
}
