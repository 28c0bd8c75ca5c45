/** Who may do what, in a real browser: one signs in, is refused, and the owner finds it in the audit log. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';

const PASSWORD = 'correct horse battery';
let studio;

before(async () => {
  studio = await started();
  await studio.server.send('PUT', '/api/v1/users/ada', { password: PASSWORD });
  await studio.server.send('POST', '/api/v1/assignments', { principal: 'user:ada', role: 'Reader', scope: '/workspaces/default' });
});

after(() => studio?.stop());

async function enter(page, password) {
  await page.getByRole('textbox', { name: 'Name' }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('one signs in, sees what one may do, is refused what one may not, and signs out', async () => {
  const page = await studio.open(`${home}/roles`);
  await enter(page, 'wrong');
  await page.getByRole('alert').getByText('the name or the password is wrong').waitFor(patience);
  await page.screenshot({ path: 'screenshots/sign-in.png' });
  await enter(page, PASSWORD);
  await page.getByText('user:ada', { exact: true }).waitFor(patience);
  await page.getByText('Reader at /workspaces/default').waitFor(patience);
  await page.getByRole('table', { name: 'Roles and actions' }).getByRole('img', { name: 'Owner: yes' }).first().waitFor(patience);
  await page.screenshot({ path: 'screenshots/roles.png' });
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByText(/role `Reader`/).first().waitFor(patience);
  await page.screenshot({ path: 'screenshots/refused.png' });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('This server asks everyone to sign in.').first().waitFor(patience);
  const refused = await studio.server.send('GET', '/api/v1/audit?outcome=refused&action=audit/read');
  assert.equal(refused.items[0].principal, 'user:ada');
  await studio.close(page);
});

test('the owner finds who was refused in the audit log', async () => {
  const page = await studio.open(`${home}/audit?outcome=refused&scope=%2F`);
  await page.getByRole('button', { name: 'Sign in with a token' }).first().click();
  await page.getByLabel('Token', { exact: true }).first().fill(studio.server.token());
  await page.keyboard.press('Enter');
  await page.getByRole('table', { name: 'Audit' }).getByText('user:ada').first().waitFor(patience);
  await studio.close(page);
});
