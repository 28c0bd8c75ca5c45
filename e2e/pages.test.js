/** Every page of the studio: a screenshot in light and dark and at the width of a phone, and what axe says of it. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';
import { seed } from './seed.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = new URL('screenshots/', import.meta.url).pathname;
const [laptop, phone] = [{ width: 1280, height: 860 }, { width: 390, height: 860 }];

let studio;
let seeded;

before(async () => {
  mkdirSync(shots, { recursive: true });
  studio = await started();
  seeded = await seed(studio.server);
});

after(() => studio?.stop());

const query = (search) => new URLSearchParams(search).toString();

/** Where each page is, and what is done there before one looks. */
const pages = () => {
  const [run, sweep] = [`${home}/runs/${seeded.run}`, JSON.stringify(seeded.sweep.slice(-5))];
  const compared = (tab) => `${home}/compare?${query({ tab, runs: sweep })}`;
  const file = (name) => `${run}?${query({ tab: 'artifacts', file: `report/${name}` })}`;
  return {
    home, jobs: `${home}/jobs`, pipeline: `${home}/jobs/train_delay`, step: `${home}/jobs/train_delay_train`,
    failed: `${home}/jobs/sad_harbor`, logs: `${home}/jobs/busy_tide?tab=logs`, files: `${home}/jobs/busy_tide?tab=files`,
    code: `${home}/jobs/busy_tide?tab=code`, environment: `${home}/jobs/busy_tide?tab=environment`, yaml: `${home}/jobs/train_delay?tab=yaml`,
    runs: `${home}/runs`, filter: `${home}/runs?${query({ filter: "metrics.test_auc > 'x'" })}`, deleted: `${home}/runs?deleted=true`,
    run, page: file('page.html'), table: file('table.csv'), notebook: file('look.ipynb'), notes: file('notes.md'),
    overlay: compared('metrics'), parallel: compared('parallel'), scatter: compared('scatter'), parameters: compared('parameters'),
    models: `${home}/models`, model: `${home}/models/delay`, version: `${home}/models/delay/versions/1`, data: `${home}/data`,
    datastores: `${home}/datastores`, dataset: `${home}/data/flights`, datum: `${home}/data/flights/versions/1`, sql: `${home}/sql`,
    environments: `${home}/environments`, components: `${home}/components`, computes: `${home}/computes`, audit: `${home}/audit`,
    compute: `${home}/computes/local`, infrastructure: `${home}/infra`, missing: `${home}/jobs/gone`, nowhere: '/ui/nowhere',
    change: [`${home}/audit?${query({ action: 'jobs/*' })}`, (page) => page.getByRole('button', { name: /jobs\/write/ }).first().click()],
    columns: [`${home}/runs`, (page) => page.getByRole('button', { name: 'Columns' }).click()],
    palette: [`${home}/jobs`, async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('textbox', { name: 'Go to' }).fill('de');
      await page.getByRole('option', { name: /delay/ }).first().waitFor(patience);
    }],
  };
};

test('no page has a serious fault for people with other means, nor is wider than a phone', async (context) => {
  const page = await studio.open(home);
  for (const [name, place] of Object.entries(pages())) {
    const [path, act] = Array.isArray(place) ? place : [place];
    await context.test(name, async () => {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize(laptop);
      await page.goto(studio.server.url + path);
      await page.locator('h1, [role=alert], #root a').first().waitFor(patience);
      await page.locator('[role=status][aria-label=Loading]').first().waitFor({ state: 'detached', ...patience });
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached', ...patience });
      await page.waitForTimeout(200);
      await act?.(page);
      await page.evaluate(axe);
      const faults = [];
      for (const size of [laptop, phone]) {
        await page.setViewportSize(size);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ colorScheme });
          await page.waitForTimeout(150);
          await page.screenshot({ path: `${shots}${name}-${colorScheme}-${size.width}.png` });
          if (size === phone) continue;
          // In other colours only colours are other.
          const { violations } = await page.evaluate((only) => globalThis.axe.run(only), colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {});
          for (const { id, impact, nodes } of violations) {
            if (!['serious', 'critical'].includes(impact)) continue;
            faults.push(`${colorScheme} ${size.width} ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
          }
        }
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) faults.push(`${size.width}: it scrolls sideways by ${over} px`);
      }
      assert.deepEqual(faults, []);
    });
  }
  // The report tries to leave its frame, and is not let.
  page.wrong = page.wrong.filter((line) => !line.includes('connect'));
  await studio.close(page);
});
