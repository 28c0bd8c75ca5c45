/** Infrastructure in a real browser: a plan that waits is looked at, agreed to by whom it asks, and what has moved is seen. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';
import { infrastructure } from './seed.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = new URL('screenshots/', import.meta.url).pathname;
let studio;
let plans;

before(async () => {
  mkdirSync(shots, { recursive: true });
  studio = await started();
});

after(() => studio?.stop());

async function asOwner(path) {
  const page = await studio.open('/ui/nowhere');
  await page.evaluate((text) => localStorage.setItem('tidemill.token', text), studio.server.token());
  await page.goto(studio.server.url + path);
  return page;
}

test('where nothing was planned the page says how', async () => {
  const page = await studio.open(`${home}/infra`);
  await page.getByText('No plans yet').waitFor(patience);
  await page.getByText('tidemill infra plan -f infrastructure/').waitFor(patience);
  await page.screenshot({ path: `${shots}infra-empty.png` });
  await studio.close(page);
  plans = await infrastructure(studio.server);
});

test('a plan that waits is found, read, and agreed to by whom it asks', async () => {
  const owner = await asOwner(`${home}/infra`);
  const table = owner.getByRole('table', { name: 'Plans' });
  await table.getByText('2 created').waitFor(patience);
  await owner.getByText('Pending', { exact: true }).click();
  await table.getByText('2 created').waitFor({ state: 'detached', ...patience });
  assert.match(owner.url(), /show=pending/);
  await table.getByRole('link', { name: plans.waits.slice(-8) }).click();
  // The link of the page leads here again.
  assert.ok(owner.url().endsWith(`/infra/plans/${plans.waits}`));
  const gates = owner.getByRole('list', { name: 'Gates' });
  await gates.getByText('it waits for user:board-member').waitFor(patience);
  await owner.getByText('compute flights-prd/cpu').first().click();
  await owner.getByLabel('Before and after of compute flights-prd/cpu').getByText('max_instances: 4').waitFor(patience);
  // Who made it may not agree to it, and is told so.
  await owner.getByRole('button', { name: 'Approve' }).click();
  await owner.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await owner.getByText(/who made it does not agree to it/).first().waitFor(patience);
  await studio.close(owner);

  const member = await studio.open(`${home}/infra/plans/${plans.waits}`);
  await member.getByRole('textbox', { name: 'Name' }).fill('board-member');
  await member.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await member.getByRole('button', { name: 'Sign in', exact: true }).click();
  await member.getByRole('button', { name: 'Approve' }).click();
  await member.getByRole('textbox', { name: 'Comment' }).fill('as agreed on Monday');
  await member.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await member.getByRole('list', { name: 'Gates' }).getByRole('img', { name: 'passed' }).waitFor(patience);
  await member.getByRole('list', { name: 'Gates' }).getByText(/board-member/).waitFor(patience);
  await member.screenshot({ path: `${shots}infra-agreed.png` });
  await studio.close(member);
});

test('what was changed by hand shows as drift', async () => {
  const page = await asOwner(`${home}/infra/stacks/flights-test`);
  const moved = page.getByLabel('Applied, and there now: compute flights-test/cpu');
  await moved.getByText('max_instances: 2').waitFor(patience);
  await moved.getByText('max_instances: 9').waitFor(patience);
  await page.getByRole('link', { name: 'Its plans' }).click();
  await page.getByRole('table', { name: 'Plans' }).getByText('flights-test').first().waitFor(patience);
  assert.match(page.url(), /stack=flights-test/);
  await studio.close(page);
});

test('what is not there, or may not be seen, is said', async () => {
  const page = await asOwner(`${home}/infra/plans/01ABC`);
  await page.getByRole('alert').getByText(/failed to find plan/).waitFor(patience);
  await page.goto(`${studio.server.url}${home}/infra/stacks/none`);
  await page.getByRole('alert').first().waitFor(patience);
  await studio.close(page);
});

test('its pages are for everybody, in light and dark, wide and narrow', async (context) => {
  const page = await asOwner(home);
  const places = {
    infra: `${home}/infra`, 'infra-waits': `${home}/infra/plans/${plans.waits}`, 'infra-applied': `${home}/infra/plans/${plans.applied}`,
    'infra-drift': `${home}/infra/stacks/flights-test`, 'infra-missing': `${home}/infra/plans/01ABC`,
  };
  for (const [name, path] of Object.entries(places)) {
    await context.test(name, async () => {
      const faults = [];
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 860 });
      await page.goto(studio.server.url + path);
      await page.locator('h1, [role=alert]').first().waitFor(patience);
      await page.locator('[role=status][aria-label=Loading]').first().waitFor({ state: 'detached', ...patience });
      await page.evaluate(axe);
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 860 });
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          await page.waitForTimeout(150);
          await page.screenshot({ path: `${shots}${name}-${colorScheme}-${width}.png` });
          const { violations } = await page.evaluate((only) => globalThis.axe.run(only), colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {});
          for (const { id, impact, nodes } of violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))) {
            faults.push(`${colorScheme} ${width} ${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
          }
        }
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) faults.push(`${width}: it scrolls sideways by ${over} px`);
      }
      assert.deepEqual(faults, []);
    });
  }
  await studio.close(page);
});
