/** Data in the studio: its profile, its figures over time, validations, and SQL. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';

const root = new URL('..', import.meta.url).pathname;
const binary = process.env.TIDEMILL ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug', 'tidemill');
const shots = new URL('screenshots/', import.meta.url).pathname;

let studio;
let folder;

/** Runs the command line against the server; its exit code is not looked at where it says what was found. */
function tidemill(...args) {
  try {
    return execFileSync(binary, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, HOME: folder, TIDEMILL_URL: studio.server.url } });
  } catch (error) {
    return String(error.stdout);
  }
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  studio = await started();
  folder = mkdtempSync(join(tmpdir(), 'tidemill-e2e-data-'));
  for (const [month, late, carriers] of [['january', 0, ['UA', 'AA']], ['july', 30, ['UA', 'XX']]]) {
    const rows = Array.from({ length: 2000 }, (_, row) => `${row},${(row * 7919) % 61 + late},${carriers[row % 3 === 0 ? 1 : 0]},2026-0${1 + (row % 6)}-11`);
    writeFileSync(join(folder, `${month}.csv`), `id,delay,carrier,day\n${rows.join('\n')}\n`);
    tidemill('data', 'create', '--name', 'flights', '--type', 'uri_file', '--path', `${month}.csv`);
  }
  writeFileSync(join(folder, 'e.yml'), 'columns:\n  carrier: {values: {only: [UA, AA]}}\n  delay: {mean: {max: 40}}\n');
  tidemill('data', 'baseline', 'set', '--name', 'flights', '--version', '1');
  for (const version of ['1', '2']) tidemill('data', 'validate', '--data', `azureml:flights:${version}`, '--expectations', 'e.yml');
});

after(async () => {
  await studio?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

async function looked(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(200);
    await page.screenshot({ path: `${shots}${name}-${colorScheme}.png`, fullPage: true });
  }
}

test('a version shows what is in it', async () => {
  const page = await studio.open(`${home}/data/flights/versions/2`);
  const profile = page.getByRole('region', { name: 'Profile' });
  await profile.getByRole('row', { name: /^delay/ }).waitFor(patience);
  assert.match(await profile.innerText(), /2,000/);
  await profile.getByRole('img', { name: /delay from/ }).waitFor(patience);
  assert.match(await profile.getByRole('row', { name: /^carrier/ }).innerText(), /UA\s+67 %/);
  await looked(page, 'data-profile');
  await studio.close(page);
});

test('an asset shows its figures over time, and what its validations found', async () => {
  const page = await studio.open(`${home}/data/flights`);
  const time = page.getByRole('region', { name: 'Over time' });
  await time.getByRole('combobox', { name: 'Column' }).click();
  await page.getByRole('option', { name: 'delay', exact: true }).click();
  await time.getByText(/^\+\d+(\.\d+)? % since the version before$/).waitFor(patience);
  const checks = page.getByRole('region', { name: 'Validations' });
  assert.match(await checks.getByRole('row', { name: /failed/ }).innerText(), /carrier: .*found XX/);
  await checks.getByRole('row', { name: /passed/ }).waitFor(patience);
  // The drift of July is marked on the time line, and its mark opens the report.
  const versions = time.getByRole('list', { name: 'Versions over time' });
  await versions.getByText('drift').waitFor(patience);
  await looked(page, 'data-history');
  await versions.getByRole('link', { name: /^Report of version 2: failed, drifted/ }).click();
  await page.getByRole('heading', { level: 1, name: 'Validation of flights 2' }).waitFor(patience);
  await page.frameLocator('iframe[title^="Report of"]').getByText('Against the baseline').waitFor(patience);
  await looked(page, 'data-validation');
  await studio.close(page);
});

test('SQL is answered as a table, a chart and CSV, and a slip is told', async () => {
  const page = await studio.open(`${home}/sql`);
  const query = page.getByRole('textbox', { name: 'Query' });
  await query.fill('select carrier, count(*) as n, avg(delay) as delay from "flights:1" group by carrier order by carrier');
  await query.press('Control+Enter');
  const answer = page.getByRole('table', { name: 'Answer' });
  await answer.waitFor(patience);
  assert.deepEqual((await answer.getByRole('row').nth(1).innerText()).split(/\s+/).slice(0, 2), ['AA', '667']);
  assert.match(page.url(), /sql=select/);
  await looked(page, 'sql-table');
  await page.getByText('Chart', { exact: true }).click();
  await page.getByRole('img', { name: 'n, delay by carrier' }).waitFor(patience);
  await looked(page, 'sql-chart');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  const text = readFileSync(await (await download).path(), 'utf8');
  assert.match(text, /^carrier,n,delay\nAA,667,/);
  await query.fill('drop table flights');
  await page.getByRole('button', { name: /^Run/ }).click();
  await page.getByRole('alert').getByText('DROP is not run here').waitFor(patience);
  await query.fill('select * from nowhere');
  await query.press('Control+Enter');
  await page.getByRole('alert').getByText('failed to find data `nowhere`').waitFor(patience);
  await studio.close(page);
});

test('a datastore is browsed, a file is looked into, sent up and brought down', async () => {
  // A datastore with folders, a picture of bytes and a table.
  const lake = join(folder, 'lake');
  mkdirSync(join(lake, 'raw', '2026'), { recursive: true });
  writeFileSync(join(lake, 'raw', '2026', 'january.csv'), 'carrier,delay\nUA,1\nAA,2\n');
  writeFileSync(join(lake, 'raw', 'notes.md'), '# Months\n\nThey arrive on the first.\n');
  writeFileSync(join(lake, 'model.bin'), new Uint8Array(2048));
  writeFileSync(join(folder, 'lake.yml'), `name: lake\ntype: local_folder\npath: ${lake}\n`);
  tidemill('datastore', 'create', '-f', 'lake.yml');
  const page = await studio.open(`${home}/datastores`);
  await page.getByRole('combobox', { name: 'Datastore' }).click();
  await page.getByRole('option', { name: /^lake/ }).click();
  await page.waitForURL(/store=lake/, patience);
  // Few folders are open by themselves; one inside is opened by hand.
  const files = page.getByRole('navigation', { name: 'Files' });
  await files.getByRole('button', { name: /^notes\.md/ }).waitFor(patience);
  await files.getByRole('button', { name: '2026' }).click();
  await files.getByRole('button', { name: /^january\.csv/ }).click();
  const view = page.locator('.file-view');
  await view.getByRole('cell', { name: 'UA' }).waitFor(patience);
  assert.match(page.url(), /file=raw%2F2026%2Fjanuary\.csv/);
  await looked(page, 'datastore');
  await files.getByRole('button', { name: /^notes\.md/ }).click();
  await view.getByRole('heading', { name: 'Months' }).waitFor(patience);
  await files.getByRole('button', { name: /^model\.bin/ }).click();
  await view.getByText('These are bytes for programs.').waitFor(patience);

  // Up, into a folder that is not there yet; then it is there to be looked into and brought down.
  writeFileSync(join(folder, 'hello.csv'), 'carrier,delay\nXX,7\n');
  const upload = page.getByRole('region', { name: 'Upload' });
  const send = async () => {
    const chooser = page.waitForEvent('filechooser');
    await upload.getByRole('button', { name: 'Choose files' }).click();
    await (await chooser).setFiles([join(folder, 'hello.csv')]);
  };
  await upload.getByRole('textbox', { name: 'Folder' }).fill('up/new');
  await send();
  await upload.getByRole('status').getByText('hello.csv is there.').waitFor(patience);
  assert.equal(readFileSync(join(lake, 'up', 'new', 'hello.csv'), 'utf8'), 'carrier,delay\nXX,7\n');
  // Two folders are few: the new one is open by itself.
  await files.getByRole('button', { name: 'new', exact: true }).click();
  await files.getByRole('button', { name: /^hello\.csv/ }).click();
  await view.getByRole('cell', { name: 'XX' }).waitFor(patience);
  const href = await view.getByRole('link', { name: 'Download' }).getAttribute('href');
  const down = await fetch(studio.server.url + href);
  assert.equal(await down.text(), 'carrier,delay\nXX,7\n');

  // Another file of the name is not replaced by itself, and is when that is said.
  writeFileSync(join(folder, 'hello.csv'), 'carrier,delay\nYY,8\n');
  await send();
  await upload.getByRole('alert').getByText(/another file lies there/).waitFor(patience);
  assert.equal(readFileSync(join(lake, 'up', 'new', 'hello.csv'), 'utf8'), 'carrier,delay\nXX,7\n');
  await upload.getByRole('checkbox', { name: 'Replace files that lie there' }).check();
  await send();
  await upload.getByRole('status').getByText('hello.csv is there.').waitFor(patience);
  assert.equal(readFileSync(join(lake, 'up', 'new', 'hello.csv'), 'utf8'), 'carrier,delay\nYY,8\n');
  assert.equal(await upload.getByRole('alert').count(), 0);

  // Where runs alone write, nothing is sent up.
  await page.goto(`${studio.server.url}${home}/datastores?store=workspaceartifactstore`);
  await page.getByText('Files are only read here.').waitFor(patience);
  assert.equal(await page.getByRole('button', { name: 'Choose files' }).count(), 0);

  // By its address a file is found again; and on a phone nothing is cut.
  await page.setViewportSize({ width: 390, height: 860 });
  await page.goto(`${studio.server.url}${home}/datastores?store=lake&file=raw%2F2026%2Fjanuary.csv`);
  await view.getByRole('cell', { name: 'UA' }).waitFor(patience);
  await looked(page, 'datastore-phone');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 390), 'not wider than a phone');
  await studio.close(page);
});
