import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { startBrowser } from '../support/browser.ts';
import { startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { makeFile, sha256OfFile } from '../support/files.ts';
import { servePages } from '../support/page-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const PAGES = {
  '/': new URL('./page/upload.html', import.meta.url),
  '/upload.js': new URL('./page/upload.js', import.meta.url),
  '/tus.min.js': new URL('../../dist/tus.min.js', import.meta.resolve('tus-js-client')),
};
test('a page of another origin uploads with a browser', needing('chromium'), async (t) => {
  const folder = temporaryFolder(t);
  const shots = process.env.TUSD_TS_SCREENSHOTS ?? temporaryFolder(t);
  const file = await makeFile(temporaryFolder(t), 'holiday.bin', 24 * MIB);
  const tooLarge = await makeFile(temporaryFolder(t), 'too-large.bin', 33 * MIB);
  const allowed = await servePages(t, PAGES);
  const stranger = await servePages(t, PAGES);
  const daemon = await startDaemon(t, [
    ...['--upload-dir', folder, '--log-format', 'json', '--log-level', 'debug'],
    ...['--max-size', '32MiB'],
    ...['--cors-origin', allowed, '--cors-origin', 'https://app.example.org'],
  ]);
  const commands = commandsOn(folder);
  const browser = await startBrowser(t);

  const requests = (method: string) =>
    daemon
      .output()
      .split('\n')
      .filter((line) => line.includes('"type":"request"'))
      .map((line) => JSON.parse(line))
      .filter((request) => request.method === method);

  async function open(origin: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${origin}/?endpoint=${encodeURIComponent(daemon.url)}`);
    return page;
  }
  const choose = (page: Page, path: string) => page.locator('#file').setInputFiles(path);
  const state = async (page: Page) => (await page.locator('#state').textContent()) ?? '';
  /** What the page says of its upload, once it says something that begins like this. */
  const says = (page: Page, word: string) =>
    until(`the page says "${word}"`, async () => {
      const text = await state(page);
      assert.ok(!text.startsWith('failed') || word === 'failed', text);
      return text.startsWith(word) && text.slice(word.length).trim();
    });

  const page = await open(allowed);
  let url = '';

  await t.test('it begins, after a preflight, and is paused in the middle', async () => {
    // Slow enough for a person, and a test, to press the button.
    const session = await browser.newCDPSession(page);
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 5 * MIB,
    });
    await choose(page, file.path);
    await until('a third is sent', async () => {
      const [, sent] = /^uploading (\d+)/.exec(await state(page)) ?? [];
      return Number(sent) > 8 * MIB;
    });
    await page.locator('#pause').click();
    url = await says(page, 'paused');
    await page.screenshot({ path: join(shots, 'paused.png') });
    const paused = await until('the daemon releases the upload', async () => {
      const seen = await commands.inspect(url);
      return !seen.beingWritten && seen;
    });
    // A slow machine may take it for stalled by now.
    assert.ok(['receiving', 'stalled'].includes(paused.status), paused.status);
    assert.equal(paused.name, 'holiday.bin');
    assert.ok(paused.offset !== null && paused.offset >= 8 * MIB && paused.offset < file.size);
    assert.ok(requests('OPTIONS').length > 0);
    assert.ok(requests('OPTIONS').every(({ status }) => status === 204 || status === 200));
    await session.detach();
  });

  await t.test('the page is loaded again and goes on where it stopped', async () => {
    await page.reload();
    await choose(page, file.path);
    assert.equal(await says(page, 'finished'), url);
    await page.screenshot({ path: join(shots, 'finished.png') });
    assert.equal(requests('POST').length, 1, 'one upload was made');
    const done = await commands.inspect(url);
    assert.equal(done.status, 'finished');
    assert.equal(await sha256OfFile(done.path), file.sha256);
    const received = done.timeline.filter((entry) => entry.event === 'received');
    assert.equal(received.at(-1)?.to, file.size);
    assert.match(done.origin.agent ?? '', /Chrome/);
  });

  await t.test('the page can download what it uploaded', async () => {
    const sha256 = await page.evaluate(async (address) => {
      const bytes = await (await fetch(address)).arrayBuffer();
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    }, url);
    assert.equal(sha256, file.sha256);
  });

  await t.test('the page can read why it was refused', async () => {
    await choose(page, tooLarge.path);
    const why = await says(page, 'failed');
    assert.equal(why, `with 413: an upload may have at most ${32 * MIB} bytes`);
    assert.equal(
      await page.evaluate(async (address) => (await fetch(address)).status, `${url}x`),
      404,
    );
  });

  await t.test('the page can read every header of the protocol', async () => {
    const headers = await page.evaluate(async (address) => {
      const answer = await fetch(address, {
        method: 'HEAD',
        headers: { 'Tus-Resumable': '1.0.0' },
      });
      const names = ['Upload-Offset', 'Upload-Length', 'Upload-Metadata', 'Tus-Resumable'];
      return names.map((name) => answer.headers.get(name) !== null);
    }, url);
    assert.deepEqual(headers, [true, true, true, true]);
  });

  await t.test('a page of an origin that is not listed can do nothing', async () => {
    const before = requests('POST').length;
    const other = await open(stranger);
    const errors: string[] = [];
    other.on('console', (message) => errors.push(message.text()));
    await choose(other, file.path);
    const why = await says(other, 'failed');
    assert.doesNotMatch(why, /^with \d/);
    assert.ok(
      await until('the console says why', () => errors.some((text) => /CORS policy/.test(text))),
    );
    const read = other.evaluate((address) => fetch(address).then(String, String), url);
    assert.match(await read, /TypeError/);
    assert.equal(requests('POST').length, before);
    assert.equal((await commands.list()).length, 1);
  });

  assert.equal(await daemon.stop(), 0);
});
