import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { appendAt, creation, locationOf, offsetOf, send } from '../support/tus.ts';
import { LONG } from './support/effort.ts';

/** Longer than Node lets a request take (300 s), or than several idle timeouts (milliseconds). */
const LASTS = LONG ? 320_000 : 3_500;
const IDLE_TIMEOUT = LONG ? [] : ['--idle-timeout', '1s'];
const PAUSE = LONG ? 1_000 : 100;
const PIECE = 100;

test(`a slow upload of ${LASTS / 1000} s is not cut`, async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t), ...IDLE_TIMEOUT]);
  const bytes = randomBytes((LASTS / PAUSE) * PIECE);
  const url = locationOf(
    daemon.url,
    await send('POST', daemon.url, { headers: creation(bytes.length) }),
  );
  const pieces = async function* () {
    for (let from = 0; from < bytes.length; from += PIECE) {
      await pause(PAUSE);
      yield bytes.subarray(from, from + PIECE);
    }
  };
  const content = { headers: appendAt(0), body: pieces(), length: bytes.length };
  const reply = await send('PATCH', url, content);
  assert.deepEqual([reply.status, offsetOf(reply)], [204, bytes.length]);
  assert.ok((await send('GET', url)).body.equals(bytes));
  assert.equal(await daemon.stop(), 0);
});
