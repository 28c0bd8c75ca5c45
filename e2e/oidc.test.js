/** Signing in to the studio with an account elsewhere: a real OpenID provider (npm oidc-provider), there and back, out, and refused. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';

const root = new URL('..', import.meta.url).pathname;
const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const tools = process.env.TIDEMILL_TEST_TOOLS || join(cache, 'tidemill', 'test-tools');
const folder = mkdtempSync(join(tmpdir(), 'tidemill-oidc-'));
const claims = join(folder, 'claims.json');
let studio;
let provider;

/** What the provider says of people, from the next sign-in on. */
const say = (all) => writeFileSync(claims, JSON.stringify(all));
const ada = (more) => ({ name: 'Ada Lovelace', preferred_username: 'ada', email: 'ada@example.org', email_verified: true, groups: ['g-analysts'], ...more });

before(async () => {
  execFileSync('sh', [join(root, 'scripts', 'test-tools.sh'), 'oidc'], { stdio: 'inherit' });
  studio = await started();
  say({ ada: ada({}) });
  const script = join(root, 'crates', 'tidemill-http', 'tests', 'v1', 'oidc_provider.mjs');
  provider = spawn('node', [script, join(tools, 'oidc', 'node_modules'), claims, `${studio.server.url}/api/v1/session/callback`], { stdio: ['ignore', 'pipe', 'ignore'] });
  const issuer = await new Promise((resolve, reject) => {
    let said = '';
    provider.stdout.on('data', (bytes) => {
      said += bytes;
      const found = /issuer (\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
    provider.once('exit', (code) => reject(new Error(`failed to start the provider: it ended with ${code}`)));
  });
  const { send } = studio.server;
  await send('PUT', '/api/v1/groups/default/secrets/oidc', { value: 'the secret of tidemill' });
  await send('PUT', '/api/v1/users/ada', { email: 'ada@example.org' });
  await send('PUT', '/api/v1/teams/analysts', {});
  await send('POST', '/api/v1/assignments', { principal: 'team:analysts', role: 'Reader', scope: '/workspaces/default' });
  await send('PUT', '/api/v1/identity-providers/corp', {
    issuer, client_id: 'tidemill', client_secret: '${{secrets.oidc}}', display_name: 'Corp', scopes: ['profile', 'email', 'groups'],
    teams: [{ claim: 'groups', value: 'g-analysts', team: 'analysts' }],
  });
});

after(async () => {
  provider?.kill();
  await studio?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('who is nobody here is refused, with the reason, and comes back to the sign-in', async () => {
  say({ ada: ada({ email: 'somebody@example.org' }) });
  const page = await studio.open(`${home}/jobs`);
  await page.getByRole('link', { name: 'Sign in with Corp' }).click();
  await page.getByRole('heading', { name: 'Not signed in' }).waitFor(patience);
  await page.getByText(/no user here has this address/).waitFor(patience);
  await page.screenshot({ path: 'screenshots/oidc-refused.png' });
  assert.deepEqual((await page.context().cookies()).filter(({ name }) => name === 'tidemill_session'), []);
  await page.getByRole('link', { name: 'Back to the sign-in' }).click();
  await page.getByRole('link', { name: 'Sign in with Corp' }).waitFor(patience);
  const refused = await studio.server.send('GET', '/api/v1/audit?outcome=refused&action=session/create');
  assert.ok(refused.items.length >= 1);
  await studio.close(page);
});

test('one signs in at the provider, comes back to the page one wanted, and has what the team has', async () => {
  say({ ada: ada({}) });
  const page = await studio.open(`${home}/roles?x=1`);
  await page.getByRole('link', { name: 'Sign in with Corp' }).click();
  await page.getByText('user:ada', { exact: true }).first().waitFor(patience);
  assert.ok(page.url().includes(`${home}/roles`), page.url());
  await page.getByText('Reader at /workspaces/default').first().waitFor(patience);
  // The cookie is not for scripts.
  assert.equal(await page.evaluate(() => document.cookie), '');
  await page.screenshot({ path: 'screenshots/oidc-signed-in.png' });
  // Refused what a Reader may not do, and it is in the log under this name.
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByText(/role `Reader`/).first().waitFor(patience);
  const refused = await studio.server.send('GET', '/api/v1/audit?outcome=refused&action=audit/read');
  assert.equal(refused.items[0].principal, 'user:ada');
  // Signed out, the session is over on the server, too.
  const kept = await page.context().cookies();
  await page.getByRole('button', { name: /Sign out/ }).click();
  await page.getByText('This server asks everyone to sign in.').first().waitFor(patience);
  const cookie = kept.map(({ name, value }) => `${name}=${value}`).join('; ');
  const replayed = await fetch(`${studio.server.url}/api/v1/workspaces/default/jobs`, { headers: { cookie } });
  assert.equal(replayed.status, 401);
  await studio.close(page);
});

test('who has left the team signs in and sees nothing', async () => {
  say({ ada: ada({ groups: [] }) });
  const page = await studio.open(`${home}/jobs`);
  await page.getByRole('link', { name: 'Sign in with Corp' }).click();
  await page.getByRole('button', { name: /Sign out/ }).waitFor(patience);
  await page.getByRole('alert').first().waitFor(patience);
  await page.screenshot({ path: 'screenshots/oidc-no-role.png' });
  await studio.close(page);
});
