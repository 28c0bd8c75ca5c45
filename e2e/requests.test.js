/** Compute by rule, in a real browser: one signs in, is refused, asks for a compute, gets it, and finds it in the audit log. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';

const PASSWORD = 'correct horse battery';
let studio;

before(async () => {
  studio = await started();
  for (const [name, role] of [['ada', 'Data Scientist'], ['ivy', 'Owner']]) {
    await studio.server.send('PUT', `/api/v1/users/${name}`, { password: PASSWORD });
    await studio.server.send('POST', '/api/v1/assignments', { principal: `user:${name}`, role, scope: '/' });
  }
});

after(() => studio?.stop());

async function enter(page, name) {
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('a data scientist may not make a compute, asks for one, and an administrator says yes', async () => {
  const page = await studio.open(`${home}/computes`);
  await enter(page, 'ada');
  await page.getByLabel('Compute', { exact: true }).waitFor(patience);
  const status = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/workspaces/default/computes/big', {
      method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ type: 'amlcompute', max_instances: 4 }),
    });
    return answer.status;
  });
  assert.equal(status, 403);
  await page.getByLabel('Compute', { exact: true }).fill('big');
  await page.getByLabel('Nodes').fill('4');
  await page.getByLabel('What for').fill('the sweep of release 4');
  await page.getByRole('button', { name: 'Ask for it' }).click();
  const requests = (of) => of.getByRole('table', { name: 'Requests for computes' });
  await requests(page).getByText('requested').waitFor(patience);
  assert.equal(await page.getByRole('button', { name: 'Approve big' }).count(), 0);
  await page.screenshot({ path: 'screenshots/compute-request.png' });

  const other = await studio.open(`${home}/computes`);
  await enter(other, 'ivy');
  await other.getByRole('button', { name: 'Approve big' }).click();
  await requests(other).getByText('approved').waitFor(patience);
  await other.getByRole('link', { name: 'big', exact: true }).waitFor(patience);
  await other.goto(`${studio.server.url}${home}/audit`);
  const audit = other.getByRole('table', { name: 'Audit' });
  await audit.getByText('computes/request').first().waitFor(patience);
  await audit.getByText('user:ada').first().waitFor(patience);
  await audit.getByText('user:ivy').first().waitFor(patience);
  await other.screenshot({ path: 'screenshots/compute-request-audit.png' });
  await studio.close(other);
  await studio.close(page);
  const rows = await studio.server.send('GET', '/api/v1/audit?action=computes/write');
  assert.deepEqual(rows.items.map(({ principal, outcome }) => [principal, outcome]), [['user:ivy', 'allowed'], ['user:ada', 'refused']]);
});
