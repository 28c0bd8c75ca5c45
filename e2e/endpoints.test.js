/** Endpoints in a real browser: a deployment comes up, answers a request of the page, and its traffic is moved. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';

const root = new URL('..', import.meta.url).pathname;
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const binary = process.env.TIDEMILL ?? join(target, 'debug', 'tidemill');
let studio;
let config;

function tidemill(...args) {
  const env = { ...process.env, TIDEMILL_URL: studio.server.url, TIDEMILL_TOKEN: studio.server.token(), XDG_CONFIG_HOME: config };
  return execFileSync(binary, args, { cwd: join(root, 'examples', 'endpoints'), env, encoding: 'utf8' });
}

before(async () => {
  studio = await started();
  config = mkdtempSync(join(tmpdir(), 'tidemill-config-'));
  tidemill('online-endpoint', 'create', '-f', 'endpoint.yml');
  tidemill('online-deployment', 'create', '-f', 'blue.yml', '--all-traffic', '--set', 'instance_count=1');
  tidemill('online-deployment', 'create', '-f', 'green.yml');
});

after(async () => {
  // Instances outlive their server; nobody wants these.
  await studio?.server.send('DELETE', '/api/v1/workspaces/default/online-endpoints/late').catch(() => undefined);
  await studio?.stop();
  if (config !== undefined) rmSync(config, { recursive: true, force: true });
});

test('an endpoint is found, tried, and its traffic is moved', async () => {
  const page = await studio.open(`${home}/endpoints`);
  await page.getByRole('table', { name: 'Endpoints' }).getByRole('link', { name: 'late' }).click();
  const deployments = page.getByRole('table', { name: 'Deployments' });
  await deployments.getByText('answers').nth(1).waitFor(patience);
  await page.getByLabel('Request', { exact: true }).fill('{"data": [0, 10, 60]}');
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = page.getByRole('status', { name: 'Answer' });
  await answer.getByText('55.3').waitFor(patience);
  assert.match(await answer.innerText(), /200\s+blue/);
  await page.getByLabel('Log', { exact: true }).getByText('Init complete').first().waitFor(patience);
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const thumb = page.getByRole('slider', { name: 'Traffic of green' });
  await thumb.focus();
  for (let step = 0; step < 10; step += 1) await page.keyboard.press('ArrowRight');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('img', { name: 'Traffic: blue 90%, green 10%' }).waitFor(patience);
  for (let n = 0; n < 30; n += 1) {
    await studio.server.send('POST', '/api/v1/workspaces/default/online-endpoints/late/score', { data: [n] });
  }
  await page.getByRole('img', { name: 'Requests a second' }).waitFor(patience);
  await page.getByText('Requests', { exact: true }).click();
  await page.getByRole('table', { name: 'Requests' }).getByText('owner').first().waitFor(patience);
  await page.screenshot({ path: 'screenshots/endpoint.png', fullPage: true });
  const saved = await studio.server.send('GET', '/api/v1/workspaces/default/online-endpoints/late');
  assert.deepEqual(saved.traffic, { blue: 90, green: 10 });
  await studio.close(page);
});
