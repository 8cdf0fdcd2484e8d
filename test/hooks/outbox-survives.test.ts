import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { type CommandStore, openCommandStore } from '../../src/storage/store.ts';
import { nodeArgs } from '../support/script.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** So many that each fate of the receiver meets both of what the rounds do by turns. */
const KILLS = 6;
/** Uploads that finish before each kill, at least. */
const EACH = 100;

/** A script of the support folder in a process of its own, and the lines that it has printed. */
interface Running {
  readonly lines: string[];
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone and all that it printed is read. */
  kill(): Promise<void>;
}

function run(t: TestContext, script: string, ...args: string[]): Running {
  const node = nodeArgs(new URL(`./support/${script}`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [...node, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_TEST_CONTEXT: '' },
  });
  const closed = once(child, 'close');
  const lines: string[] = [];
  createInterface(child.stdout!).on('line', (line) => lines.push(line));
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  t.after(kill);
  return { lines, signal: (signal) => child.kill(signal), kill };
}

interface Note {
  readonly type: string;
  readonly id: string;
  readonly sequence: number;
  readonly upload: string;
  readonly webhookId: string;
}

test('no event is lost, out of order or under another id, whatever is killed or stalled', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(temporaryFolder(t), 'events');
  let receiver = run(t, 'receiver-process.ts', file);
  const port = await until('the port', () => receiver.lines[0]);
  const url = `http://127.0.0.1:${port}/`;
  const finished = new Set<string>();

  let store: CommandStore | undefined;
  const failing = (sentence: RegExp) =>
    until(`a failure is recorded: ${sentence}`, async () => {
      const failed = await store?.outbox.list({ statuses: ['failing'] });
      return failed?.some(({ lastError }) => sentence.test(lastError ?? ''));
    });
  for (let round = 0; round < KILLS; round += 1) {
    const uploads = run(t, 'upload-process.ts', folder, url);
    const made = (count: number) => until(`${count} uploads`, () => uploads.lines.length >= count);
    await made(EACH / 2);
    store ??= await openCommandStore({ uploadDir: folder });
    // What befalls the receiver while uploads go on: a crash, a stall, nothing.
    const fate = ['crash', 'stall', 'none'][round % 3];
    if (fate === 'crash') {
      await receiver.kill();
      await failing(/was refused|was reset/);
      receiver = run(t, 'receiver-process.ts', file, port);
    }
    if (fate === 'stall') {
      receiver.signal('SIGSTOP');
      await failing(/did not answer within/);
      // Every other time the daemon dies while the receiver is still stalled.
      if (round % 2 === 0) receiver.signal('SIGCONT');
    }
    await made(EACH);
    await uploads.kill();
    receiver.signal('SIGCONT');
    for (const id of uploads.lines) finished.add(id);
  }
  assert.ok(finished.size >= KILLS * EACH);

  const last = run(t, 'upload-process.ts', folder, url, 'deliver');
  await until('nothing waits any more', () => last.lines.includes('delivered'), 40_000);
  await last.kill();

  const events = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Note);
  const byUpload = new Map<string, Note[]>();
  for (const note of events) {
    byUpload.set(note.upload, [...(byUpload.get(note.upload) ?? []), note]);
  }
  let recorded = 0;
  for await (const { id, state } of store!.list()) {
    if (state !== 'finished') continue;
    recorded += 1;
    finished.add(id);
  }
  await store!.close();
  assert.equal(recorded, finished.size, 'what clients got an answer for is in the catalog');
  for (const upload of finished) {
    const told = byUpload.get(upload) ?? [];
    const inOrder = [...told].sort((left, right) => left.sequence - right.sequence);
    assert.deepEqual(told, inOrder, `the events of ${upload} came in order`);
    const once = [...new Map(told.map((note) => [note.sequence, note])).values()];
    assert.deepEqual(
      once.map(({ type }) => type),
      ['post-create', 'post-finish'],
      `all events of ${upload} were delivered`,
    );
    for (const note of told) {
      assert.equal(note.webhookId, note.id);
      assert.equal(note.id, once.find(({ sequence }) => sequence === note.sequence)?.id);
    }
  }
  const again = events.length - 2 * byUpload.size;
  t.diagnostic(`${finished.size} uploads, ${events.length} events, ${again} of them told again`);
});
