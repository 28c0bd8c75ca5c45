/** What people and programs write (names, tags, descriptions, files, logs) never runs in the page: here all of it tries. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { home, patience, studio as started } from './browser.js';
import { ended } from './seed.js';

const mlflow = '/api/2.0/mlflow';
const v1 = '/api/v1/workspaces/default';

let studio;
let sink;
/** What reached the listener of the attacker. */
const heard = [];
let run_id;
let other;

/** What a script would do if it ran in the page, or out of its frame. */
const deed = () => `
  try { window.ran = 1; document.title = 'taken'; } catch {}
  try { parent.document.title = 'taken'; parent.ran = 1; } catch {}
  try { top.location = '${sink.url}/top'; } catch {}
  try { window.open('${sink.url}/open'); } catch {}
  try { localStorage.setItem('taken', '1'); } catch {}
  try { new Image().src = '${sink.url}/image'; } catch {}
  try { fetch('${sink.url}/fetch').catch(() => 0); } catch {}
  try { fetch('${studio.server.url}${mlflow}/experiments/create', { method: 'POST', mode: 'no-cors', body: JSON.stringify({ name: 'taken' }) }).catch(() => 0); } catch {}
  try { parent.postMessage({ html: 'taken' }, '*'); } catch {}`;

const html = () => `<script>${deed()}</script><img src=x onerror="${deed().replaceAll('"', '&quot;')}"><img src="${sink.url}/pixel"><svg onload="window.ran=1"></svg>
  <iframe src="javascript:parent.ran=1"></iframe><iframe srcdoc="<script>parent.ran=1</script>"></iframe><object data="${sink.url}/object"></object><base href="${sink.url}/">
  <a href="javascript:window.ran=1">press me</a><form action="${sink.url}/form"><button>press me</button></form>
  <link rel="stylesheet" href="${sink.url}/style"><style>@import url('${sink.url}/import'); body { background: url('${sink.url}/background') }</style>`;

/** A page that leads away at once: its frame may not follow. */
const refresh = () => `<h1>Here</h1><meta http-equiv="refresh" content="0;url=${sink.url}/refresh">`;

const NAME = '<img src=x onerror="window.ran=1">';

before(async () => {
  studio = await started();
  sink = createServer((request, response) => {
    heard.push(request.url);
    response.end('window.ran = 1');
  });
  await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
  sink.url = `http://127.0.0.1:${sink.address().port}`;
  const { send } = studio.server;
  const { experiment_id } = await send('POST', `${mlflow}/experiments/create`, { name: `experiment ${NAME}` });
  ({ run_id } = (await send('POST', `${mlflow}/runs/create`, { experiment_id, run_name: `run ${NAME}`, start_time: Date.now(), user_id: NAME })).run.info);
  other = (await send('POST', `${mlflow}/runs/create`, { experiment_id, run_name: 'plain', start_time: Date.now() })).run.info.run_id;
  await send('POST', `${mlflow}/runs/log-batch`, {
    run_id, params: [{ key: 'param', value: html() }],
    tags: [{ key: 'tag', value: html() }, { key: 'mlflow.note.content', value: `# A note\n\n${html()}\n\n[a link](javascript:window.ran=1) ![an image](${sink.url}/markdown)` }],
    metrics: ['loss', 'once'].flatMap((key) => Array.from({ length: key === 'once' ? 1 : 5 }, (_, step) => ({ key, value: step, timestamp: Date.now() + step, step }))),
  });
  const inXml = deed().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30" onload="${inXml.replaceAll('"', '&quot;')}"><script>${inXml}</script>
    <rect width="90" height="30"/><image href="${sink.url}/svg" width="9" height="9"/></svg>`;
  const notebook = {
    nbformat: 4, nbformat_minor: 5, metadata: {},
    cells: [
      { cell_type: 'markdown', metadata: {}, source: [`# A cell\n${html()}`] },
      {
        cell_type: 'code', metadata: {}, execution_count: 1, source: [html()],
        outputs: [
          { output_type: 'stream', name: 'stdout', text: [`said ${html()}`] },
          { output_type: 'display_data', metadata: {}, data: { 'text/html': [html()], 'application/javascript': [deed()] } },
          { output_type: 'display_data', metadata: {}, data: { 'image/svg+xml': [svg] } },
        ],
      },
    ],
  };
  const files = { 'page.html': `<h1>Here</h1>${html()}`, 'refresh.html': refresh(), 'drawing.svg': svg, 'look.ipynb': JSON.stringify(notebook), 'notes.md': `# Notes\n${html()}`, 'table.csv': `a,b\n"${html().replaceAll('"', '""')}",2\n`, 'tree.json': JSON.stringify({ [NAME]: html() }), 'plain.txt': html() };
  for (const [name, text] of Object.entries(files)) await send('PUT', `/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/${name}`, text);
  await send('PUT', `${v1}/jobs/hostile`, {
    spec: { type: 'command', environment: { conda_file: { dependencies: ['python=3.11'] } }, display_name: `job ${NAME}`, description: html(), tags: { tag: html() }, command: `echo '${NAME} <script>window.ran=1</script>'` },
  });
  await ended(studio.server, 'hostile');
});

after(async () => {
  sink?.close();
  await studio?.stop();
});

/** Nothing ran in the page, left it, or came back to the server. */
async function unharmed(page, where) {
  // What tries does so at once or with the next task.
  await page.waitForTimeout(250);
  const found = await page.evaluate(() => ({ ran: window.ran, stored: localStorage.getItem('taken'), title: document.title }));
  assert.deepEqual([found.ran, found.stored], [undefined, null], where);
  assert.doesNotMatch(found.title, /^taken/, where);
  assert.ok(page.url().startsWith(studio.server.url), `${where}: ${page.url()}`);
  assert.equal(page.context().pages().length, 1, where);
  assert.deepEqual(heard, [], where);
}

test('names, tags, descriptions and logs are text', async () => {
  const page = await studio.open(`${home}/runs`);
  page.on('dialog', (dialog) => assert.fail(dialog.message()));
  const places = {
    [`${home}/runs`]: `run ${NAME}`, [`${home}/runs/${run_id}`]: 'A note', [`${home}/compare?runs=${encodeURIComponent(JSON.stringify([run_id, other]))}`]: `run ${NAME}`,
    [home]: `job ${NAME}`, [`${home}/jobs`]: `job ${NAME}`, [`${home}/jobs/hostile`]: `job ${NAME}`, [`${home}/jobs/hostile?tab=logs`]: '<script>window.ran=1</script>',
    [`${home}/jobs/hostile?tab=yaml`]: 'onerror', [`${home}/audit`]: 'jobs/write',
  };
  for (const [path, text] of Object.entries(places)) {
    await page.goto(studio.server.url + path);
    await page.getByText(text).first().waitFor(patience);
    await unharmed(page, path);
    assert.equal(await page.locator('[onerror], [onload], #root script, a[href^="javascript:"]').count(), 0, path);
  }
  // What the browser refused on the way is the point.
  page.wrong = page.wrong.filter((line) => !/Content Security Policy|Blocked a frame with origin "null"/.test(line));
  await studio.close(page);
});

test('no file runs but HTML in a frame that leads nowhere', async () => {
  const page = await studio.open(home);
  page.on('dialog', (dialog) => assert.fail(dialog.message()));
  const shown = {
    'page.html': () => page.frameLocator('iframe[title="page.html"]').getByRole('heading', { name: 'Here' }), 'refresh.html': () => page.locator('iframe[title="refresh.html"]'), 'drawing.svg': () => page.getByRole('img', { name: 'drawing.svg' }),
    'look.ipynb': () => page.getByRole('heading', { name: 'A cell' }), 'notes.md': () => page.getByRole('heading', { name: 'Notes' }),
    'table.csv': () => page.getByRole('cell', { name: /^<script>/ }), 'tree.json': () => page.getByText('onerror').first(), 'plain.txt': () => page.getByText('onerror').first(),
  };
  for (const [name, there] of Object.entries(shown)) {
    await page.goto(`${studio.server.url}${home}/runs/${run_id}?tab=artifacts&file=${name}`);
    await there().waitFor(patience);
    await unharmed(page, name);
    for (const frame of await page.locator('iframe').all()) {
      assert.equal(await frame.getAttribute('sandbox'), 'allow-scripts', name);
    }
  }
  const { experiments } = await studio.server.send('POST', `${mlflow}/experiments/search`, { max_results: 100 });
  assert.ok(!experiments.some((each) => each.name === 'taken'), 'a file made an experiment');
  page.wrong = page.wrong.filter((line) => !/Content Security Policy|Blocked a frame with origin "null"/.test(line));
  await studio.close(page);
});

test('a file that is opened by itself is no page of this server', async () => {
  const page = await studio.open(home);
  for (const name of ['page.html', 'drawing.svg', 'look.ipynb', 'plain.txt']) {
    for (const path of [`/get-artifact?run_id=${run_id}&path=${name}`, `/api/2.0/mlflow-artifacts/artifacts/${(await studio.server.send('GET', `${mlflow}/runs/get?run_id=${run_id}`)).run.info.experiment_id}/${run_id}/artifacts/${name}`]) {
      const answer = await fetch(studio.server.url + path);
      assert.equal(answer.status, 200, path);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
      const attached = /^attachment/.test(answer.headers.get('content-disposition') ?? '');
      const sandboxed = /^sandbox(;|$)/.test(answer.headers.get('content-security-policy') ?? '');
      assert.ok(attached || sandboxed, `${path}: ${[...answer.headers]}`);
      await page.goto(studio.server.url + path).catch(() => undefined);
      await page.waitForTimeout(100);
      assert.deepEqual(heard, [], path);
    }
  }
  page.wrong = [];
  await studio.close(page);
});
