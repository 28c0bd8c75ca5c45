/** The studio in a real browser against the real binary: the main story of each page of jobs and assets. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';
import { ended, seed } from './seed.js';

let studio;
let seeded;

before(async () => {
  studio = await started();
  seeded = await seed(studio.server);
});

after(() => studio?.stop());

test('a workspace shows what runs and what failed', async () => {
  const page = await studio.open('/');
  await page.getByRole('region', { name: 'At work' }).getByText('Nightly backfill').waitFor(patience);
  await page.getByRole('region', { name: 'Failed lately' }).getByText('Score the backlog').waitFor(patience);
  assert.equal(new URL(page.url()).pathname, home);
  await studio.close(page);
});

test('what is not there is said under its name, with the way back', async () => {
  const page = await studio.open(`${home}/jobs/gone`);
  await page.getByRole('heading', { level: 1, name: 'gone' }).waitFor(patience);
  await page.getByRole('alert').getByText('failed to find job `gone`').waitFor(patience);
  await page.getByRole('navigation', { name: 'Where this is' }).getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor(patience);
  assert.match(await page.title(), /^Jobs/);
  await studio.close(page);
});

test('every page of the list at the left has a key, the list of keys names it, and Escape leaves what was opened', async () => {
  const page = await studio.open(home);
  const places = page.getByRole('navigation', { name: 'Pages' });
  await places.getByRole('link', { name: 'Audit' }).waitFor(patience);
  const labels = await places.getByRole('link').allTextContents();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  for (const label of labels) await keys.getByText(label, { exact: true }).waitFor(patience);
  await page.keyboard.press('Escape');
  await keys.waitFor({ state: 'detached', ...patience });
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Go to' }).fill('de');
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Go to' }).waitFor({ state: 'detached', ...patience });
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await page.getByRole('heading', { level: 1, name: 'Infrastructure' }).waitFor(patience);
  await studio.close(page);
});

test('by keyboard alone from the list to a job, its logs and its cancellation', async () => {
  const page = await studio.open(`${home}/jobs`);
  const link = page.getByRole('link', { name: 'Nightly backfill' });
  await link.waitFor(patience);
  for (let tab = 0; tab < 60 && !(await link.evaluate((node) => node === document.activeElement)); tab += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Nightly backfill' }).waitFor(patience);
  await page.getByRole('tab', { name: 'Overview' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('log').getByText('day 3: 1,204 rows read').waitFor(patience);
  const lines = await page.getByText(/^\d+ lines$/).textContent();
  await page.waitForFunction((was) => ![...document.querySelectorAll('p')].some((node) => node.textContent === was), lines, patience);
  await page.getByLabel('Find in the log').focus();
  await page.keyboard.type('DAY 2:');
  await page.getByText(/^1 of /).waitFor(patience);
  assert.match(page.url(), /tab=logs/);
  await page.getByRole('button', { name: 'Cancel' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Cancel it' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Canceled', { exact: true }).first().waitFor(patience);
  assert.equal((await ended(studio.server, 'busy_tide')).status, 'Canceled');
  await studio.close(page);
});

test('a step of a pipeline opens its job', async () => {
  const page = await studio.open(`${home}/jobs/train_delay`);
  const graph = page.getByRole('group', { name: 'Steps of the pipeline' });
  await graph.getByRole('link').nth(2).waitFor(patience);
  await graph.getByRole('link', { name: /^train/ }).click();
  await page.getByRole('heading', { level: 1 }).getByText('train').waitFor(patience);
  await page.getByRole('link', { name: 'models/delay/1' }).click();
  await page.getByRole('heading', { level: 1, name: 'delay 1' }).waitFor(patience);
  await page.getByRole('group', { name: 'Lineage' }).getByText('prepare').waitFor(patience);
  await studio.close(page);
});

test('links that an MLflow client prints lead to the run, and what a run logged never runs', async () => {
  for (const at of ['/', '/workspaces/default/']) {
    const page = await studio.open(`${at}#/experiments/${seeded.experiment}/runs/${seeded.run}`);
    await page.getByRole('heading', { level: 1, name: 'capable-shrew-12' }).waitFor(patience);
    await page.getByText('<img src=x onerror=alert(1)>').waitFor(patience);
    await page.getByRole('img', { name: 'train/loss of 300 points' }).waitFor(patience);
    await studio.close(page);
  }
});

test('a job that failed is retried, archived and shown again', async () => {
  const page = await studio.open(`${home}/jobs/sad_harbor`);
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('runs once more').waitFor(patience);
  await page.getByRole('term').filter({ hasText: 'Attempt' }).waitFor(patience);
  const job = await ended(studio.server, 'sad_harbor');
  assert.deepEqual([job.status, job.attempt], ['Failed', 2]);
  await page.getByRole('button', { name: 'Retry' }).waitFor(patience);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Archive' }).click();
  await page.getByText('Archived', { exact: true }).waitFor(patience);
  await page.goto(`${studio.server.url}${home}/jobs?archived=true`);
  await page.getByRole('link', { name: 'Score the backlog' }).click();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Restore' }).click();
  await page.getByText('Archived', { exact: true }).waitFor({ state: 'detached', ...patience });
  await studio.close(page);
});

test('a pipeline that failed goes on where it stopped', async () => {
  const page = await studio.open(`${home}/jobs/stuck_dredger`);
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('goes on').waitFor(patience);
  await page.getByText('Completed', { exact: true }).first().waitFor(patience);
  const [first] = (await studio.server.send('GET', '/api/v1/workspaces/default/jobs?parent=stuck_dredger')).items.filter(({ node }) => node === 'first');
  assert.equal(first.attempt, 1, 'a step that completed stays');
  await studio.close(page);
});

test('where everyone signs in, a token opens the studio, its logs and its files', async () => {
  // As if through a proxy: behind one, nobody is the owner without a token.
  const page = await studio.open(`${home}/jobs/sad_harbor?tab=logs`, { extraHTTPHeaders: { 'x-forwarded-for': '192.0.2.1' } });
  await page.getByText('This server asks everyone to sign in.').waitFor(patience);
  await page.getByRole('button', { name: 'Sign in with a token' }).click();
  await page.getByRole('textbox', { name: 'Token' }).fill('nonsense');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText(/not known|failed to sign in/).first().waitFor(patience);
  await page.getByRole('textbox', { name: 'Token' }).fill(studio.server.token());
  await page.keyboard.press('Enter');
  await page.getByRole('log').getByText('no such file: backlog.csv').waitFor(patience);
  const download = page.waitForEvent('download', patience);
  await page.getByRole('link', { name: 'Open the whole file' }).click();
  assert.equal((await download).suggestedFilename(), 'std_log.txt');
  await studio.close(page);
});

test('a change is found in the audit log with what was before and after, and the log is checked', async () => {
  const path = '/api/v1/workspaces/default/datastores/lake';
  await studio.server.send('PUT', path, { type: 's3', bucket: 'raw' });
  await studio.server.send('PUT', path, { type: 's3', bucket: 'clean' });
  const page = await studio.open(`${home}/audit`);
  await page.getByRole('textbox', { name: 'Action' }).fill('datastores/*');
  await page.waitForURL(/action=datastores/, patience);
  await page.getByRole('button', { name: /datastores\/write/ }).first().click();
  const drawer = page.getByRole('dialog');
  await drawer.locator('.gone', { hasText: 'bucket: raw' }).waitFor(patience);
  await drawer.locator('.new', { hasText: 'bucket: clean' }).waitFor(patience);
  await drawer.getByText('127.0.0.1, rest').waitFor(patience);
  assert.match(page.url(), /action=datastores.*row=/);
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'Outcome' }).click();
  await page.getByRole('option', { name: 'Refused' }).click();
  await page.getByText('Nothing like that happened').waitFor(patience);
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText(/rows, all as they were written/).waitFor(patience);
  const file = page.waitForEvent('download', patience);
  await page.getByRole('link', { name: 'Export' }).click();
  assert.equal((await file).suggestedFilename(), 'audit.jsonl');
  await studio.close(page);
});

test('nobody waits for what could have been packed', async () => {
  const { url } = studio.server;
  const page = await (await fetch(`${url}/ui/`)).text();
  const script = /src="(\/ui\/assets\/[^"]+\.js)"/.exec(page)?.[1];
  for (const packing of ['br', 'gzip']) {
    const answer = await fetch(url + script, { headers: { 'accept-encoding': packing } });
    assert.equal(answer.headers.get('content-encoding'), packing);
    assert.match(await answer.text(), /^import|^var|^const|^function|^\(/);
  }
});
