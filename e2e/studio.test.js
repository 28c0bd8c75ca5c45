/** The studio in a real browser against the real binary: each page's main story, a screenshot of each, and axe. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { ended, seed } from './seed.js';
import { start } from './server.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = new URL('screenshots/', import.meta.url).pathname;
const home = '/ui/workspaces/default';
const patience = { timeout: 15_000 };

let server;
let browser;
let seeded;

before(async () => {
  mkdirSync(shots, { recursive: true });
  server = await start();
  seeded = await seed(server);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page whose errors fail the test. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.wrong = [];
  page.on('pageerror', (error) => page.wrong.push(String(error)));
  page.on('console', (line) => line.text().includes('Content Security Policy') && page.wrong.push(line.text()));
  await page.goto(server.url + path);
  return page;
}

async function close(page) {
  assert.deepEqual(page.wrong, []);
  await page.context().close();
}

test('a workspace shows what runs and what failed', async () => {
  const page = await open('/');
  await page.getByRole('region', { name: 'At work' }).getByText('Nightly backfill').waitFor(patience);
  await page.getByRole('region', { name: 'Failed lately' }).getByText('Score the backlog').waitFor(patience);
  assert.equal(new URL(page.url()).pathname, home);
  await close(page);
});

test('by keyboard alone from the list to a job, its logs and its cancellation', async () => {
  const page = await open(`${home}/jobs`);
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
  assert.equal((await ended(server, 'busy_tide')).status, 'Canceled');
  await close(page);
});

test('a step of a pipeline opens its job', async () => {
  const page = await open(`${home}/jobs/train_delay`);
  const graph = page.getByRole('group', { name: 'Steps of the pipeline' });
  await graph.getByRole('link').nth(2).waitFor(patience);
  await graph.getByRole('link', { name: /^train/ }).click();
  await page.getByRole('heading', { level: 1 }).getByText('train').waitFor(patience);
  await page.getByRole('link', { name: 'models/delay/1' }).click();
  await page.getByRole('heading', { level: 1, name: 'delay 1' }).waitFor(patience);
  await page.getByRole('group', { name: 'Lineage' }).getByText('prepare').waitFor(patience);
  await close(page);
});

test('links that an MLflow client prints lead to the run, and what a run logged never runs', async () => {
  for (const at of ['/', '/workspaces/default/']) {
    const page = await open(`${at}#/experiments/${seeded.experiment}/runs/${seeded.run}`);
    await page.getByRole('heading', { level: 1, name: 'capable-shrew-12' }).waitFor(patience);
    await page.getByText('<img src=x onerror=alert(1)>').waitFor(patience);
    await page.getByRole('img', { name: 'train/loss of 300 points' }).waitFor(patience);
    await close(page);
  }
});

test('no page has a serious fault for people with other means, nor is wider than a phone', async (context) => {
  const pages = {
    home, jobs: `${home}/jobs`, pipeline: `${home}/jobs/train_delay`, step: `${home}/jobs/train_delay_train`,
    failed: `${home}/jobs/sad_harbor`, logs: `${home}/jobs/busy_tide?tab=logs`, files: `${home}/jobs/busy_tide?tab=files`,
    environment: `${home}/jobs/busy_tide?tab=environment`, yaml: `${home}/jobs/train_delay?tab=yaml`, run: `${home}/runs/${seeded.run}`,
    models: `${home}/models`, model: `${home}/models/delay`, version: `${home}/models/delay/versions/1`, data: `${home}/data`,
    environments: `${home}/environments`, components: `${home}/components`, computes: `${home}/computes`,
    compute: `${home}/computes/local`, missing: `${home}/jobs/gone`,
  };
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const page = await open(home, { colorScheme, viewport: { width, height: 860 } });
      for (const [name, path] of Object.entries(pages)) {
        await context.test(`${name}, ${colorScheme}, ${width} px`, async () => {
          await page.goto(server.url + path);
          await page.locator('h1, [role=alert]').first().waitFor(patience);
          await page.locator('[role=status][aria-label=Loading]').first().waitFor({ state: 'detached', ...patience });
          await page.waitForTimeout(300);
          await page.screenshot({ path: `${shots}${name}-${colorScheme}-${width}.png` });
          assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, 'it scrolls sideways');
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run());
          const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
          assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`), []);
        });
      }
      await close(page);
    }
  }
});
