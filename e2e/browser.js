/** Debian's Chromium over a server of its own. */
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { start } from './server.js';

export const home = '/ui/workspaces/default';
export const patience = { timeout: 60_000 };

export async function studio() {
  const server = await start();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });

  /** A page whose errors fail the test. */
  const open = async (path, options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(patience.timeout);
    const page = await context.newPage();
    page.wrong = [];
    page.on('pageerror', (error) => page.wrong.push(String(error)));
    page.on('console', (line) => line.text().includes('Content Security Policy') && page.wrong.push(line.text()));
    await page.goto(server.url + path);
    return page;
  };

  const close = async (page) => {
    assert.deepEqual(page.wrong, []);
    await page.context().close();
  };

  const stop = async () => {
    await browser.close();
    await server.stop();
  };

  return { server, open, close, stop };
}
