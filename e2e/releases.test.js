/** Releases, schedules and published pipelines in a real browser: the board is read and acted on, light, dark and on a phone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { patience, studio as started } from './browser.js';
import { axe } from './axe.js';

const root = new URL('..', import.meta.url).pathname;
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const binary = process.env.TIDEMILL ?? join(target, 'debug', 'tidemill');
const environment = 'environment: {image: "python:3"}';
let studio;
let folder;

function tidemill(...args) {
  const env = { ...process.env, TIDEMILL_URL: studio.server.url, TIDEMILL_TOKEN: studio.server.token(), XDG_CONFIG_HOME: folder };
  return execFileSync(binary, [...args, '-o', 'json'], { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function write(name, text) {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

before(async () => {
  studio = await started();
  folder = mkdtempSync(join(tmpdir(), 'tidemill-releases-'));
  for (const [name, stage] of [['dev', 'DEV'], ['tst', 'TEST'], ['prd', 'PRD']]) tidemill('workspace', 'create', '--name', name, '--set', `stage=${stage}`);
  write('endpoint.yml', '$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\nname: flights\nauth_mode: key\n');
  write('src/score.py', 'def init():\n    pass\n\ndef run(data):\n    return {"delay": 12.5}\n');
  write('model/weights.txt', 'first');
  write('request.json', '{}');
  write('blue.yml', `$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\nname: blue\nendpoint_name: flights\nmodel: {path: ./model/}\ncode_configuration: {code: ./src, scoring_script: score.py}\n${environment}\nreadiness_probe: {initial_delay: 20, period: 1, failure_threshold: 5}\n`);
  write('release.yml', 'type: release\nname: flights\nendpoint: flights\ndeployment: blue\ntests:\n  - {name: two flights, request_file: request.json, expect: {json: {delay: 12.4}, tolerance: 0.2}}\ngates: {PRD: {approvals: {count: 1}, tests: 1}}\n');
  write('schedule.yml', `name: nightly\ntrigger: {type: cron, expression: "15 2 * * 1-5", time_zone: Europe/Berlin}\ncreate_job: {command: echo hello, ${environment}}\n`);
  write('pipeline.yml', `type: pipeline\nsettings: {default_compute: azureml:local}\njobs:\n  a: {type: command, command: echo hello, ${environment}}\n`);
  write('published.yml', 'type: published_pipeline\nname: retrain\njob: ./pipeline.yml\n');
  tidemill('schedule', 'create', '-f', 'schedule.yml', '-w', 'dev');
  tidemill('pipeline', 'publish', '-f', 'published.yml', '-w', 'dev');
  tidemill('online-endpoint', 'create', '-f', 'endpoint.yml', '-w', 'dev');
  tidemill('online-deployment', 'create', '-f', 'blue.yml', '-w', 'dev', '--all-traffic');
  tidemill('release', 'create', '-f', 'release.yml', '-w', 'dev');
  tidemill('release', 'promote', 'flights', '-w', 'dev');
  // Who made it does not approve it: somebody else has to.
  tidemill('user', 'create', '--name', 'bob');
  tidemill('role', 'assign', 'Release Manager', 'user:bob', '--scope', '/');
});

after(async () => {
  // Instances outlive their server; nobody wants these. A workspace that is production no more lets them go.
  if (studio !== undefined && folder !== undefined) tidemill('workspace', 'update', '--name', 'prd', '--set', 'stage=TEST');
  for (const ws of ['dev', 'tst', 'prd']) await studio?.server.send('DELETE', `/api/v1/workspaces/${ws}/online-endpoints/flights`).catch(() => undefined);
  await studio?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** A page that is signed in with a token. */
async function signedIn(path, token, options = {}) {
  const page = await studio.open('/ui/mark.svg', options);
  await page.evaluate((value) => localStorage.setItem('tidemill.token', value), token);
  await page.goto(studio.server.url + path);
  return page;
}

test('a release is promoted, approved by somebody else, answers in production, and stands in the time line', async () => {
  const page = await signedIn('/ui/workspaces/dev/releases', studio.server.token());
  const tst = page.getByRole('article', { name: 'flights:1 in TEST' });
  await tst.getByText('answers', { exact: true }).waitFor(patience);
  await tst.getByText('two flights').waitFor(patience);
  await tst.getByRole('button', { name: 'Promote to PRD' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Promote' }).click();
  const card = page.getByRole('article', { name: 'flights:1 in PRD' });
  await card.getByText('0 of 1 approvals').first().waitFor(patience);
  // The one who made it is told why not.
  await card.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByText('who made a release does not approve it').waitFor(patience);
  await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click();
  // What stands in the stages before is told there.
  await tst.getByText('Went on to PRD, where it waits.').waitFor(patience);
  await tst.getByText('two flights').waitFor(patience);
  await page.getByRole('article', { name: 'flights:1 in DEV' }).getByText('Went on to PRD, where it waits.').waitFor(patience);
  assert.equal(await page.getByText('Nothing stands here.').count(), 0);
  await page.screenshot({ path: 'screenshots/releases-waiting.png', fullPage: true });
  const token = (await studio.server.send('POST', '/api/v1/tokens?principal=user:bob', {})).token;
  const bob = await signedIn('/ui/workspaces/prd/releases', token);
  const his = bob.getByRole('article', { name: 'flights:1 in PRD' });
  await his.getByRole('button', { name: 'Approve' }).click();
  await bob.getByLabel('Comment').fill('as agreed');
  await bob.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await his.getByText('answers', { exact: true }).waitFor(patience);
  const line = bob.getByRole('list', { name: 'Time line of PRD' });
  await bob.reload();
  await line.getByText('is agreed to by user:bob: “as agreed”').waitFor(patience);
  await line.getByText('flights:1 answers').waitFor(patience);
  // The model is a version of that stage, and says which release brought it.
  await bob.goto(`${studio.server.url}/ui/workspaces/prd/models/flights/versions/1`);
  await bob.getByRole('link', { name: 'dev/flights:1' }).waitFor(patience);
  await bob.getByRole('region', { name: 'Validations' }).getByText('It has not been validated here.').waitFor(patience);
  await studio.close(bob);
  await studio.close(page);
});

test('production is opened by two people, and everybody who looks is told', async () => {
  tidemill('release', 'break-glass', 'open', '-w', 'prd', '--reason', 'it answers nothing since 14:02', '--minutes', '30');
  const token = (await studio.server.send('POST', '/api/v1/tokens?principal=user:bob', {})).token;
  const bob = await signedIn('/ui/workspaces/dev/releases', token);
  const asked = bob.getByRole('region', { name: 'user:owner asks to change prd without a release' });
  await asked.getByText('it answers nothing since 14:02').waitFor(patience);
  await bob.screenshot({ path: 'screenshots/releases-glass-asked.png', fullPage: true });
  await asked.getByRole('button', { name: 'Agree to it' }).click();
  const open = bob.getByRole('region', { name: 'The glass of prd is broken' });
  await open.getByText('user:bob agreed; used for 0 changes').waitFor(patience);
  tidemill('online-endpoint', 'update', '-w', 'prd', '-n', 'flights', '--traffic', 'flights-1=0');
  await bob.reload();
  await open.getByText('used for 1 change.').waitFor(patience);
  const line = bob.getByRole('list', { name: 'Time line of PRD' });
  await line.getByText('was used to change it without a release by user:owner').waitFor(patience);
  await bob.screenshot({ path: 'screenshots/releases-glass-open.png', fullPage: true });
  assert.deepEqual(await axe(bob), []);
  await open.getByRole('button', { name: 'Close it' }).click();
  await open.waitFor({ ...patience, state: 'detached' });
  assert.throws(() => tidemill('online-endpoint', 'update', '-w', 'prd', '-n', 'flights', '--traffic', 'flights-1=100'));
  await studio.close(bob);
});

for (const [look, options] of [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
]) {
  test(`the board, schedules and pipelines are clean: ${look}`, async () => {
    const page = await signedIn('/ui/workspaces/dev/releases', studio.server.token(), options);
    await page.getByRole('list', { name: 'Time line of PRD' }).waitFor(patience);
    await page.screenshot({ path: `screenshots/releases-${look}.png`, fullPage: true });
    assert.deepEqual(await axe(page), []);
    await page.goto(`${studio.server.url}/ui/workspaces/dev/schedules/nightly`);
    const times = page.getByRole('list', { name: 'Next times' });
    await times.getByRole('listitem').nth(4).waitFor(patience);
    await page.screenshot({ path: `screenshots/schedule-${look}.png`, fullPage: true });
    assert.deepEqual(await axe(page), []);
    await page.goto(`${studio.server.url}/ui/workspaces/dev/schedules`);
    await page.getByRole('switch', { name: 'nightly is on' }).waitFor(patience);
    assert.deepEqual(await axe(page), []);
    await page.goto(`${studio.server.url}/ui/workspaces/dev/pipelines`);
    await page.getByText('version 1 of 1, published by user:owner').waitFor(patience);
    await page.screenshot({ path: `screenshots/pipelines-${look}.png`, fullPage: true });
    assert.deepEqual(await axe(page), []);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `the page is ${wide} px wider than the window`);
    await studio.close(page);
  });
}

test('a schedule is run now and switched off', async () => {
  const page = await signedIn('/ui/workspaces/dev/schedules/nightly', studio.server.token());
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('table', { name: 'Runs' }).getByText('by hand').waitFor(patience);
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('It is switched off.').waitFor(patience);
  const saved = await studio.server.send('GET', '/api/v1/workspaces/dev/schedules/nightly');
  assert.deepEqual([saved.is_enabled, saved.next_times], [false, []]);
  await studio.close(page);
});
