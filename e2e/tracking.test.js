/** Runs in a real browser: the table, one run, several side by side, and what they logged. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';
import { seed } from './seed.js';

const mlflow = '/api/2.0/mlflow';

let studio;
let seeded;

before(async () => {
  studio = await started();
  seeded = await seed(studio.server);
});

after(() => studio?.stop());

const names = (page) => page.getByRole('grid', { name: 'Runs' }).getByRole('link').allTextContents();

test('runs are filtered with completion, ordered, and the view is an address', async () => {
  const page = await studio.open(`${home}/runs`);
  await page.getByRole('grid', { name: 'Runs' }).getByRole('link', { name: 'trial-20' }).waitFor(patience);
  const filter = page.getByRole('textbox', { name: 'Filter runs' });
  await filter.focus();
  await page.keyboard.type('metrics.test_a');
  await page.getByRole('option', { name: 'metrics.test_auc' }).waitFor(patience);
  await page.keyboard.press('Tab');
  await page.keyboard.type("> 'x'");
  await page.keyboard.press('Enter');
  await page.getByText('At character 20: a number is needed here, without quotes').waitFor(patience);
  await filter.fill("metrics.test_auc > 0.8 AND params.model = 'forest'");
  await page.keyboard.press('Enter');
  await page.getByText(/^[1-9] runs?$/).waitFor(patience);
  await page.getByRole('columnheader', { name: 'test_auc' }).getByRole('button').click();
  await page.locator('[role=columnheader][aria-sort=descending]').waitFor(patience);
  const found = await names(page);
  assert.ok(found.length > 1 && found.length < 10, found.join());
  const again = await studio.open(new URL(page.url()).pathname + new URL(page.url()).search);
  await again.locator('[role=columnheader][aria-sort=descending]').waitFor(patience);
  await again.getByText(/^[1-9] runs?$/).waitFor(patience);
  assert.deepEqual(await names(again), found);
  await studio.close(again);
  await studio.close(page);
});

test('columns are chosen, and a view is saved for everyone', async () => {
  const page = await studio.open(`${home}/runs`);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByLabel('Find a column').fill('user');
  await page.getByLabel('Find a column').fill('depth');
  await page.getByRole('checkbox', { name: 'max_depth' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: 'max_depth' }).waitFor({ state: 'detached', ...patience });
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save this view' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Without depth');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The view Without depth is saved').waitFor(patience);
  const other = await studio.open(`${home}/runs`);
  await other.getByRole('columnheader', { name: 'max_depth' }).waitFor(patience);
  await other.getByRole('button', { name: 'Views' }).click();
  await other.getByRole('menuitem', { name: 'Without depth', exact: true }).click();
  await other.getByRole('columnheader', { name: 'max_depth' }).waitFor({ state: 'detached', ...patience });
  await studio.close(other);
  await studio.close(page);
});

/** The lines of a file that a button saves. */
async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return { name: download.suggestedFilename(), lines: readFileSync(await download.path(), 'utf8').trimEnd().split('\r\n') };
}

test('what the filter finds, and each point of a metric, are saved as CSV', async () => {
  const page = await studio.open(`${home}/runs?${new URLSearchParams({ filter: "params.model = 'forest'", columns: '["metrics.test_auc","params.model"]' })}`);
  await page.getByText(/^8 runs$/).waitFor(patience);
  const runs = await saved(page, page.getByRole('button', { name: 'CSV' }));
  assert.equal(runs.name, 'runs-default.csv');
  assert.equal(runs.lines[0], 'run_name,run_id,status,metrics.test_auc,params.model');
  assert.equal(runs.lines.length, 9);
  assert.ok(runs.lines.slice(1).every((line) => line.startsWith('trial-') && line.endsWith(',forest')), runs.lines.join());
  await page.goto(`${new URL(page.url()).origin}${home}/runs/${seeded.run}`);
  await page.getByRole('button', { name: 'Enlarge train/loss' }).click();
  const points = await saved(page, page.getByRole('button', { name: 'Every point as CSV' }));
  assert.equal(points.lines[0], 'step,time,train/loss');
  assert.equal(points.lines.length, 301);
  assert.match(points.lines[1], /^0,\d{4}-.*Z,2$/);
  await studio.close(page);
});

test('a run is renamed, and how its charts look is remembered', async () => {
  const page = await studio.open(`${home}/runs/${seeded.sweep[0]}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('the first trial');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'the first trial' }).waitFor(patience);
  assert.equal((await studio.server.send('GET', `${mlflow}/runs/get?run_id=${seeded.sweep[0]}`)).run.info.run_name, 'the first trial');
  await page.getByRole('switch', { name: 'Log scale' }).check({ force: true });
  await page.reload();
  await page.getByRole('switch', { name: 'Log scale' }).and(page.locator(':checked')).waitFor({ state: 'attached', ...patience });
  await studio.server.send('POST', `${mlflow}/runs/update`, { run_id: seeded.sweep[0], run_name: 'trial-00' });
  await studio.close(page);
});

test('a single point is a figure, not a curve', async () => {
  const { experiment_id } = await studio.server.send('POST', `${mlflow}/experiments/create`, { name: 'single points' });
  const { run } = await studio.server.send('POST', `${mlflow}/runs/create`, { experiment_id, start_time: Date.now() });
  await studio.server.send('POST', `${mlflow}/runs/log-metric`, { run_id: run.info.run_id, key: 'f1', value: 0.75, timestamp: Date.now(), step: 7 });
  const page = await studio.open(`${home}/runs/${run.info.run_id}`);
  await page.getByText('the only point, at step 7').waitFor(patience);
  assert.equal(await page.getByRole('img', { name: /^f1 of/ }).count(), 0);
  await studio.close(page);
});

test('a run that is logged now is in the table at once, and its chart grows', async () => {
  const page = await studio.open(`${home}/runs`);
  await page.getByRole('grid', { name: 'Runs' }).waitFor(patience);
  await page.waitForTimeout(500);
  const created = await studio.server.send('POST', `${mlflow}/runs/create`, { experiment_id: seeded.experiment, run_name: 'just-now', start_time: Date.now() });
  const { run_id } = created.run.info;
  await page.getByRole('link', { name: 'just-now' }).click(patience);
  await page.getByRole('heading', { level: 1, name: 'just-now' }).waitFor(patience);
  const log = (from) => studio.server.send('POST', `${mlflow}/runs/log-batch`, {
    run_id, metrics: Array.from({ length: 50 }, (_, at) => ({ key: 'loss', value: 1 / (from + at + 1), timestamp: Date.now(), step: from + at })),
  });
  await log(0);
  await page.getByRole('img', { name: 'loss of 50 points' }).waitFor(patience);
  await log(50);
  await page.getByRole('img', { name: 'loss of 100 points' }).waitFor(patience);
  await studio.server.send('POST', `${mlflow}/runs/update`, { run_id, status: 'FINISHED', end_time: Date.now() });
  await page.getByText('Finished', { exact: true }).waitFor(patience);
  await studio.close(page);
});

test('tags and description of a run are changed; Markdown never runs', async () => {
  const page = await studio.open(`${home}/runs/${seeded.run}`);
  await page.getByRole('heading', { name: 'A note' }).waitFor(patience);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Description' }).fill('Now *this*.');
  await page.keyboard.press('Control+Enter');
  await page.locator('.markdown em').getByText('this').waitFor(patience);
  await page.getByRole('button', { name: 'Add a tag' }).click();
  await page.getByRole('textbox', { name: 'Key' }).fill('stage');
  await page.getByRole('textbox', { name: 'Value' }).fill('candidate');
  await page.keyboard.press('Enter');
  await page.getByRole('cell', { name: 'candidate' }).waitFor(patience);
  await page.getByRole('button', { name: 'Remove the tag stage' }).click();
  await page.getByRole('cell', { name: 'candidate' }).waitFor({ state: 'detached', ...patience });
  assert.match(await page.title(), /capable-shrew-12/);
  await studio.close(page);
});

test('artifacts are looked into, and HTML runs in no page but its frame', async () => {
  const page = await studio.open(`${home}/runs/${seeded.run}?tab=artifacts&file=report%2Fpage.html`);
  const frame = page.frameLocator('iframe[title="page.html"]');
  await frame.getByRole('heading', { name: 'Report' }).waitFor(patience);
  // The script runs, for reports draw with scripts: in an origin of its own, out of which nothing leads.
  await frame.getByText('null, no page, no storage, no API').waitFor(patience);
  const file = async (name) => page.getByRole('button', { name }).click();
  await file('table.csv');
  await page.getByRole('cell', { name: '2013-08, all' }).waitFor(patience);
  await file('summary.json');
  await page.getByText('"EWR": 0.9').waitFor(patience);
  await file('notes.md');
  await page.getByRole('heading', { name: 'Notes' }).waitFor(patience);
  await file('look.ipynb');
  await page.getByText('hello from the cell').waitFor(patience);
  for (const image of ['plot.png', 'drawing.svg']) {
    await file(image);
    await page.waitForFunction((alt) => document.querySelector(`img[alt="${alt}"]`)?.naturalWidth > 0, image, patience);
  }
  await file('model.pkl');
  await page.getByText('These are bytes for programs.').waitFor(patience);
  assert.match(await page.title(), /capable-shrew-12/);
  assert.deepEqual(page.wrong.filter((line) => !line.includes('connect')), []);
  page.wrong = [];
  // Even when it is opened by itself, it is no page of this origin.
  for (const path of [`/get-artifact?run_id=${seeded.run}&path=report%2Fpage.html`, `/get-artifact?run_id=${seeded.run}&path=report%2Fdrawing.svg`]) {
    const answer = await fetch(studio.server.url + path);
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    assert.doesNotMatch(answer.headers.get('content-type') ?? '', /html/);
  }
  await studio.close(page);
});

test('a model that a run logged is registered, gets an alias, and is hidden', async () => {
  const page = await studio.open(`${home}/runs/${seeded.run}?tab=artifacts`);
  await page.getByRole('button', { name: 'Register model' }).click();
  await page.getByRole('combobox', { name: 'Model' }).or(page.getByRole('textbox', { name: 'Model' })).first().fill('churn');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'churn 1' }).waitFor(patience);
  await page.getByRole('button', { name: 'Set alias' }).click();
  await page.getByRole('textbox', { name: 'Alias' }).fill('champion');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await page.getByText('champion', { exact: true }).first().waitFor(patience);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await page.getByText('Archived', { exact: true }).waitFor(patience);
  await studio.close(page);
});

test('an alias that moved is rolled back, and its history says so', async () => {
  const send = studio.server.send;
  await send('POST', `${mlflow}/registered-models/create`, { name: 'tide' });
  for (const version of ['1', '2']) {
    await send('POST', `${mlflow}/model-versions/create`, { name: 'tide', source: `runs:/${seeded.run}/model`, run_id: seeded.run });
    await send('POST', `${mlflow}/registered-models/alias`, { name: 'tide', alias: 'champion', version });
  }
  const page = await studio.open(`${home}/models/tide`);
  const history = page.getByRole('table', { name: 'History' });
  await history.getByRole('row').nth(2).waitFor(patience);
  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.getByText('champion names the version before').waitFor(patience);
  await history.getByRole('row').nth(3).waitFor(patience);
  const { aliases } = (await send('GET', `${mlflow}/registered-models/get?name=tide`)).registered_model;
  assert.deepEqual(aliases.map(({ alias, version }) => [alias, String(version)]), [['champion', '1']]);
  await studio.close(page);
});

test('runs are compared: curves, axes, dots and what differs', async () => {
  const page = await studio.open(`${home}/runs?filter=${encodeURIComponent("attributes.run_name LIKE 'trial-0%'")}`);
  for (const name of ['trial-01', 'trial-02', 'trial-03']) await page.getByRole('checkbox', { name: `Choose ${name}` }).click(patience);
  await page.getByRole('button', { name: 'Compare 3' }).click();
  await page.getByRole('img', { name: 'train/loss of 3 runs, 360 points' }).waitFor(patience);
  await page.getByRole('tab', { name: 'Parallel coordinates' }).click();
  await page.getByRole('img', { name: /^3 runs over learning_rate, max_depth, model/ }).waitFor(patience);
  await page.getByRole('tab', { name: 'Scatter' }).click();
  await page.getByRole('img', { name: /of 3 runs over learning_rate/ }).waitFor(patience);
  await page.getByRole('tab', { name: 'Parameters' }).click();
  await page.getByRole('rowheader', { name: 'max_depth' }).waitFor(patience);
  await page.getByRole('button', { name: 'Leave out trial-03' }).click();
  await page.getByText('2 runs', { exact: true }).waitFor(patience);
  await studio.close(page);
});

test('the journey of a day, by keyboard alone', async () => {
  const page = await studio.open(home);
  await page.getByRole('heading', { level: 1, name: 'default' }).waitFor(patience);
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  const grid = page.getByRole('grid', { name: 'Runs' });
  await grid.getByRole('link').first().waitFor(patience);
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  const compare = page.getByRole('button', { name: 'Compare 2' });
  await compare.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Compare runs' }).waitFor(patience);
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Go to' }).waitFor(patience);
  await page.keyboard.type('trial-07');
  await page.getByRole('option', { name: /trial-07/ }).waitFor(patience);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'trial-07' }).waitFor(patience);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor(patience);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached', ...patience });
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Go to' }).waitFor(patience);
  await page.keyboard.type('dark col');
  await page.getByRole('option', { name: /Dark colours/ }).waitFor(patience);
  await page.keyboard.press('Enter');
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor(patience);
  await studio.close(page);
});

test('a step and all behind it run again; what was before is reused', async () => {
  const page = await studio.open(`${home}/jobs/train_delay_train`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Run again from here' }).click();
  await page.getByRole('group', { name: 'Steps of the pipeline' }).waitFor(patience);
  await page.getByText('3 of 3 completed').waitFor(patience);
  const name = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1));
  const { items } = await studio.server.send('GET', `/api/v1/workspaces/default/jobs?parent=${name}`);
  const reused = Object.fromEntries(items.map((step) => [step.node, step.reused_from !== null]));
  assert.deepEqual(reused, { prepare: true, train: false, report: true });
  await studio.close(page);
});

test('while the server cannot be reached the page says so, and goes on once it is back', async () => {
  const page = await studio.open(`${home}/models`);
  await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor(patience);
  await page.route(/\/(api|ajax-api)\//, (route) => route.abort());
  await page.goto(`${studio.server.url}${home}/runs`);
  await page.getByText('The server cannot be reached').waitFor(patience);
  await page.unroute(/\/(api|ajax-api)\//);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('grid', { name: 'Runs' }).getByRole('link').first().waitFor(patience);
  await studio.close(page);
});

test('a tag leads to the tracker by the rule of its workspace, and what breaks a rule is told', async () => {
  const rules = { 'work-item': { tag: 'work_item', link: 'https://tracker.example/items/{digits}' }, names: { name: '[a-z]+-[0-9]+', on: ['run'] } };
  await studio.server.send('PUT', '/api/v1/workspaces/default/policy', { type: 'policy', tag_policy: rules });
  const { run } = await studio.server.send('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0', run_name: 'Final FINAL', start_time: Date.now() });
  const page = await studio.open(`${home}/runs/${run.info.run_id}`);
  await page.getByText('2 rules of the workspace are broken').waitFor(patience);
  await page.getByText('rule `work-item` of workspace `default`: the tag `work_item` is missing').waitFor(patience);
  await page.getByRole('button', { name: 'Add a tag' }).click();
  await page.getByRole('textbox', { name: 'Key' }).fill('work_item');
  await page.getByRole('textbox', { name: 'Value' }).fill('AB#17');
  await page.keyboard.press('Enter');
  const link = page.getByRole('link', { name: 'AB#17' });
  await link.waitFor(patience);
  assert.equal(await link.getAttribute('href'), 'https://tracker.example/items/17');
  await page.getByText('A rule of the workspace is broken').waitFor(patience);
  await page.screenshot({ path: 'screenshots/rule.png' });
  await studio.server.send('DELETE', '/api/v1/workspaces/default/policy');
  await studio.close(page);
});
