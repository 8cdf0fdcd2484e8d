import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { bundle, startBrowser } from '../support/browser.ts';
import { startDaemon } from '../support/command.ts';
import { makeFile, sha256OfFile } from '../support/files.ts';
import { servePages } from '../support/page-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

test('Uppy goes on after a reload, with the Golden Retriever', needing('chromium'), async (t) => {
  const folder = temporaryFolder(t);
  // The Golden Retriever keeps files of up to 10 MiB.
  const file = await makeFile(temporaryFolder(t), 'Größe.bin', 9 * MIB);
  const script = await bundle(t, new URL('./page/uppy.js', import.meta.url));
  const origin = await servePages(t, {
    '/': new URL('./page/uppy.html', import.meta.url),
    '/uppy.js': pathToFileURL(script),
  });
  const options = ['--log-format', 'json', '--cors-origin', origin];
  const daemon = await startDaemon(t, ['--upload-dir', folder, ...options]);
  const browser = await startBrowser(t);
  const page = await browser.newPage();
  const state = async () => (await page.locator('#state').textContent()) ?? '';
  const requests = (method: string) =>
    daemon
      .output()
      .split('\n')
      .filter((line) => line.includes('"type":"request"'))
      .map((line) => JSON.parse(line))
      .filter((request) => request.method === method);

  // Slow enough to be reloaded in the middle.
  const network = await browser.newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1 };
  await network.send('Network.emulateNetworkConditions', {
    ...{ ...conditions, uploadThroughput: 3 * MIB },
  });
  await page.goto(`${origin}/?endpoint=${encodeURIComponent(daemon.url)}`);
  await page.locator('#file').setInputFiles(file.path);
  await until('a third is sent', async () => {
    const [, sent] = /^uploading (\d+)/.exec(await state()) ?? [];
    return Number(sent) > 3 * MIB;
  });
  await page.reload();
  await network.send('Network.emulateNetworkConditions', {
    ...{ ...conditions, uploadThroughput: -1 },
  });

  // Nobody chooses the file again.
  const url = await until('it is finished', async () => {
    const text = await state();
    assert.doesNotMatch(text, /^failed/);
    return /^finished (.+)/.exec(text)?.[1];
  });
  assert.equal(await sha256OfFile(join(folder, 'tus', url.split('/').at(-1) ?? '')), file.sha256);
  assert.equal(requests('POST').length, 1, 'one upload was made');
  assert.ok(requests('HEAD').length > 0, 'the offset was asked for');
  assert.equal(await daemon.stop(), 0);
});
