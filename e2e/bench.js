/**
 * How soon rows are visible on the runs page: `node bench.js http://127.0.0.1:5757`, over a server that has many runs. Each
 * look is a browser that has never been there: no cache, no connection. Prints one JSON line, times in milliseconds.
 */
import { chromium } from 'playwright-core';

const [server = 'http://127.0.0.1:5757', looks = '5'] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

async function look(path) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const watcher = new MutationObserver(() => {
      if (document.querySelector('.grid-row a') === null) return;
      watcher.disconnect();
      // Drawn, not only laid out.
      requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.visible = performance.now(); }));
    });
    watcher.observe(document, { childList: true, subtree: true });
  });
  await page.goto(server + path);
  await page.waitForFunction(() => globalThis.visible !== undefined, undefined, { timeout: 60_000 });
  const visible = await page.evaluate(() => globalThis.visible);
  await context.close();
  return visible;
}

/** Scrolls through what the table has, and counts how long each frame took. */
async function scroll() {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  await page.goto(`${server}/ui/workspaces/default/runs`);
  await page.locator('.grid-row a').first().waitFor();
  const found = await page.evaluate(async () => {
    const grid = document.querySelector('.grid');
    const frames = [];
    let last = performance.now();
    for (let at = 0; at < 240; at += 1) {
      grid.scrollTop += 400;
      await new Promise((resume) => requestAnimationFrame(resume));
      frames.push(performance.now() - last);
      last = performance.now();
    }
    frames.sort((a, b) => a - b);
    return { frame_p50: frames[120], frame_p99: frames[237], rows_reached: Math.round(grid.scrollTop / 37), drawn: document.querySelectorAll('.grid-row').length };
  });
  await page.close();
  return found;
}

const measured = {};
for (const [name, search] of Object.entries({ plain: '', ordered: `?${new URLSearchParams({ sort: '-metrics.m3', filter: "tags.team = 'rare'" })}` })) {
  const all = [];
  for (let at = 0; at < Number(looks); at += 1) all.push(await look(`/ui/workspaces/default/runs${search}`));
  measured[name] = { median: Math.round(median(all)), most: Math.round(Math.max(...all)) };
}
console.log(JSON.stringify({ rows_visible_ms: measured, scroll: await scroll() }));
await browser.close();
