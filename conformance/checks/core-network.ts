import { setTimeout as pause } from 'node:timers/promises';
import type { Checks } from '../check.ts';
import { beginPatch, resumeInTheEnd } from '../interrupted.ts';
import { expect, expectBytes, expectStatus, pass, untestable } from '../outcome.ts';
import { begin, bytesOf, eventually, offsetOf, sample } from '../tus.ts';

/** The longest that a stalled connection may live where the limit is unknown: node's own 300 s. */
const LONGEST_STALL_MS = 330_000;

export const coreNetworkChecks: Checks = {
  async C32(t) {
    const whole = sample(100_000);
    const url = await begin(t, { 'Upload-Length': '100000' });
    const wire = await beginPatch(t, url, 100_000, whole.subarray(0, 5000));
    wire.halfClose();
    // A server may be done with it, or not have noticed yet: resuming must work either way.
    await wire.closes(500);
    await resumeInTheEnd(t, url, whole, 5000);
    wire.close();
    return pass;
  },

  async C33(t) {
    const whole = sample(100_000);
    const url = await begin(t, { 'Upload-Length': '100000' });
    const wire = await beginPatch(t, url, 100_000, whole.subarray(0, 5000));
    await pause(100);
    wire.reset();
    await pause(100);
    await resumeInTheEnd(t, url, whole, 5000);
    return pass;
  },

  async C34(t) {
    const target = (await t.profile?.('short-idle')) ?? t;
    if (target.idleMs === undefined && target.slow !== true) {
      untestable('needs a server with a short inactivity limit, or --slow (330 s)');
    }
    const limit = target.idleMs ?? LONGEST_STALL_MS;
    const stalled = await begin(target, { 'Upload-Length': '1000' });
    const stalling = await beginPatch(target, stalled, 1000, sample(10));
    // Each byte comes well within the limit, and all of them together well beyond it.
    const step = target.idleMs === undefined ? 5000 : target.idleMs / 4;
    const count = Math.ceil((limit * 1.1) / step);
    const steady = await begin(target, { 'Upload-Length': String(count) });
    const trickling = await beginPatch(target, steady, count, Buffer.alloc(0));
    const closing = stalling.closes(limit + target.limitMs);
    for (let sent = 0; sent < count; sent += 1) {
      await pause(step);
      const cut = `after ${(sent + 1) * step} ms, though a byte came every ${step} ms`;
      expect(!trickling.closed, `a slow and steady PATCH was cut ${cut}`);
      trickling.write(sample(1));
    }
    expectStatus(await trickling.reply(), [204], 'a slow and steady PATCH');
    expect(await closing, `a stalled connection was still open after ${limit} ms`);
    stalling.close();
    trickling.close();
    return pass;
  },

  async C35(t) {
    const url = await begin(t, { 'Upload-Length': '100000' });
    const wire = await beginPatch(t, url, 100_000, sample(5000));
    // What is still on its way when a client goes away may be lost; this has arrived.
    await pause(300);
    wire.halfClose();
    const kept = await eventually(t, async () => (await offsetOf(t, url)) === 5000);
    const offset = await offsetOf(t, url);
    wire.close();
    expect(kept, `HEAD after 5000 of 100000 bytes and FIN: expected 5000, got ${offset}`);
    // What was kept must be what was sent.
    const whole = sample(100_000);
    const disk = t.disk === undefined ? undefined : await bytesOf(t, url);
    if (disk !== undefined) expectBytes(disk, whole.subarray(0, 5000), 'after 5000 bytes and FIN');
    return pass;
  },
};
