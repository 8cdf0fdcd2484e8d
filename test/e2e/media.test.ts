import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { startDaemon } from '../support/command.ts';
import { servePages } from '../support/page-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { findTool, needing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const BLANK = { '/': new URL('./page/blank.html', import.meta.url) };

/** One second of a tone, 8-bit mono. */
function wav(): Buffer {
  const rate = 8000;
  const samples = Buffer.alloc(rate, 0).map((_, at) => 128 + 40 * Math.sin(at / 3));
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

interface Played {
  readonly time: number;
  readonly ended: boolean;
  readonly error?: string;
}

interface Recorded {
  readonly type: string;
  readonly base64: string;
}

// What runs in the browser is text: the types of this project know of no document.
const PLAY = `(async () => {
  const player = document.querySelector('video, audio');
  player.muted = true;
  await player.play();
})()`;
const PLAYED = `(() => {
  const { currentTime, ended, error } = document.querySelector('video, audio');
  return { time: currentTime, ended, error: error?.message };
})()`;
const RECORD = `(async () => {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  const mimeType = 'video/webm;codecs=vp8';
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve));
  recorder.start();
  for (let frame = 0; frame < 20; frame += 1) {
    context.fillStyle = 'hsl(' + frame * 18 + ' 80% 50%)';
    context.fillRect(0, 0, canvas.width, canvas.height);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return { type: recorder.mimeType, base64: btoa(String.fromCharCode(...bytes)) };
})()`;
/** Shows an address in a frame, and waits for it; what is saved to the disk loads nothing. */
const FRAME = `async (address) => {
  const frame = document.createElement('iframe');
  frame.src = address;
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
  document.body.append(frame);
  await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, 500))]);
}`;

/** Marks the page's title if any of it runs. */
const SCRIPT = `document.title = 'it ran'; try { parent.document.title = 'it ran' } catch {}`;
const XHTML = `xmlns:h="http://www.w3.org/1999/xhtml"`;
const HARMFUL: Record<string, string> = {
  'text/html': `<title>-</title><script>${SCRIPT}</script><img src=x onerror="${SCRIPT}">`,
  'text/html;charset=utf-8': `<title>-</title><script>${SCRIPT}</script>`,
  'application/xhtml+xml': `<html xmlns="http://www.w3.org/1999/xhtml"><script>${SCRIPT}</script></html>`,
  'image/svg+xml': `<svg xmlns="http://www.w3.org/2000/svg"><script>${SCRIPT}</script></svg>`,
  'text/xml': `<a ${XHTML}><h:script>${SCRIPT}</h:script></a>`,
  'application/xml': `<a ${XHTML}><h:script>${SCRIPT}</h:script></a>`,
  'image/x+xml': `<a ${XHTML}><h:script>${SCRIPT}</h:script></a>`,
  'video/x+xml': `<a ${XHTML}><h:script>${SCRIPT}</h:script></a>`,
  'video/mp4': `<title>-</title><script>${SCRIPT}</script>`,
  'audio/wav': `<title>-</title><script>${SCRIPT}</script>`,
  'text/plain': `<title>-</title><script>${SCRIPT}</script>`,
  'multipart/related; boundary=x': `--x\r\nContent-Type: text/html\r\n\r\n<script>${SCRIPT}</script>`,
};

test(
  'a link to a film or a sound plays it in Chromium, and no link runs a script',
  needing('chromium'),
  async (t) => {
    const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
    const blank = await servePages(t, BLANK);
    const browser = await chromium.launchPersistentContext(temporaryFolder(t), {
      executablePath: findTool('chromium') ?? 'chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--mute-audio'],
    });
    t.after(() => browser.close());

    async function upload(bytes: Buffer, type: string): Promise<string> {
      const base64 = (text: string) => Buffer.from(text).toString('base64');
      const made = await fetch(daemon.url, {
        method: 'POST',
        headers: {
          'Tus-Resumable': '1.0.0',
          'Upload-Length': String(bytes.length),
          'Upload-Metadata': `filetype ${base64(type)}`,
          'Content-Type': 'application/offset+octet-stream',
        },
        body: new Uint8Array(bytes),
      });
      assert.equal(made.status, 201);
      return new URL(made.headers.get('location') ?? '', daemon.url).href;
    }

    /** Opens the link and plays it to its end. */
    async function plays(url: string): Promise<number> {
      const page = await browser.newPage();
      await page.goto(url);
      let playing = false;
      // In a page that is sandboxed this may never end.
      const begun = page.evaluate(PLAY).then(() => {
        playing = true;
      });
      begun.catch(() => {});
      await until('it plays', () => playing);
      const time = await until('it has played', async () => {
        const seen = await page.evaluate<Played>(PLAYED);
        assert.equal(seen.error, undefined);
        return seen.ended && seen.time;
      });
      await page.close();
      return time;
    }

    await t.test('a sound', async () => {
      assert.ok((await plays(await upload(wav(), 'audio/wav'))) > 0.5);
    });

    await t.test('a film that a browser has recorded, with the type that it gave', async () => {
      const page = await browser.newPage();
      await page.goto(blank);
      const { type, base64 } = await page.evaluate<Recorded>(RECORD);
      await page.close();
      assert.match(type, /^video\/webm; ?codecs=/);
      assert.ok((await plays(await upload(Buffer.from(base64, 'base64'), type))) > 0.1);
    });

    for (const [type, content] of Object.entries(HARMFUL)) {
      await t.test(`nothing runs of ${type}`, async () => {
        const url = await upload(Buffer.from(content), type);
        const page = await browser.newPage();
        // What is saved to the disk ends the navigation.
        await page
          .goto(url)
          .catch((error: Error) => assert.match(error.message, /Download|ABORTED/));
        assert.doesNotMatch(await page.title(), /it ran/);
        await page.goto(blank);
        await page.evaluate(`(${FRAME})(${JSON.stringify(url)})`);
        for (const frame of page.frames()) assert.doesNotMatch(await frame.title(), /it ran/);
        await page.close();
      });
    }

    assert.equal(await daemon.stop(), 0);
  },
);
