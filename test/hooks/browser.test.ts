import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startDaemon } from '../support/command.ts';
import { servePages } from '../support/page-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { findTool, needing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startTusdReceiver } from './support/tusd-receiver.ts';

const PAGES = {
  '/': new URL('../e2e/page/upload.html', import.meta.url),
  '/upload.js': new URL('../e2e/page/upload.js', import.meta.url),
  '/tus.min.js': new URL('../../dist/tus.min.js', import.meta.resolve('tus-js-client')),
};

/** A daemon whose uploads a receiver of tusd's kind looks at. */
async function startWithReceiver(t: TestContext, origin: string) {
  const { url, arrived } = await startTusdReceiver(t);
  const folder = temporaryFolder(t);
  const file = join(folder, 'upload-daemon.config.json');
  const events = ['pre-create', 'post-finish'];
  const hooks = [{ type: 'http', name: 'images', url, events }];
  writeFileSync(file, JSON.stringify({ uploadDir: join(folder, 'uploads'), hooks }));
  const daemon = await startDaemon(t, ['--config', file, '--cors-origin', origin]);
  return { daemon, arrived };
}

test('the answer of a receiver reaches a page of another origin with CORS headers', async (t) => {
  const origin = 'https://app.example.org';
  const { daemon, arrived } = await startWithReceiver(t, origin);
  const post = (filename: string, filetype: string) =>
    fetch(daemon.url, {
      method: 'POST',
      headers: {
        origin,
        'tus-resumable': '1.0.0',
        'upload-length': '2',
        'upload-metadata': `filename ${btoa(filename)},filetype ${btoa(filetype)}`,
        'content-type': 'application/offset+octet-stream',
      },
      body: 'ab',
    });
  const refused = await post('page.html', 'text/html');
  assert.equal(refused.status, 415);
  assert.deepEqual(await refused.json(), { message: 'page.html is not an image' });
  assert.equal(refused.headers.get('content-type'), 'application/json');
  assert.equal(refused.headers.get('access-control-allow-origin'), origin);
  const taken = await post('cat.png', 'image/png');
  assert.equal(taken.status, 201);
  assert.match(taken.headers.get('location') ?? '', /\/image-1$/);
  await until('the receiver knows that it arrived', () => arrived.includes('cat.png'));
  assert.equal(await daemon.stop(), 0);
});

test('a browser shows what the receiver says', needing('chromium'), async (t) => {
  const origin = await servePages(t, PAGES);
  const { daemon, arrived } = await startWithReceiver(t, origin);
  const browser = await chromium.launchPersistentContext(temporaryFolder(t), {
    executablePath: findTool('chromium') ?? 'chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync'],
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${origin}/?endpoint=${encodeURIComponent(daemon.url)}`);
  const choose = (name: string, mimeType: string) =>
    page.locator('#file').setInputFiles({ name, mimeType, buffer: Buffer.from('bytes') });
  const says = (pattern: RegExp) =>
    until(`the page says ${pattern}`, async () =>
      pattern.test((await page.locator('#state').textContent()) ?? ''),
    );
  await choose('letter.pdf', 'application/pdf');
  await says(/^failed with 415: \{"message":"letter\.pdf is not an image"\}$/);
  await choose('cat.png', 'image/png');
  await says(/^finished .+\/image-1$/);
  await until('the receiver knows that it arrived', () => arrived.includes('cat.png'));
});
