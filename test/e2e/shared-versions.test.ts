import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Step } from '../../src/storage/catalog/postgres/database/migrate.ts';
import { STEPS } from '../../src/storage/catalog/postgres/tables/migrations.ts';
import { startReceiver, type TestReceiver } from '../hooks/support/receiver.ts';
import { clusterUploads, pausedPatch } from '../support/cluster-uploads.ts';
import { runCommand } from '../support/command.ts';
import { newerProgram } from '../support/newer-program.ts';
import { runSql } from '../support/services/postgres.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';
import {
  appendAt,
  creation,
  idOf,
  locationOf,
  OFFSET_STREAM,
  offsetOf,
  send,
} from '../support/tus.ts';
import { uploadAll } from '../support/tus-client.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const VERSION = '99.1.0';

/** All that a version may do to a schema that the one before goes on with. */
const ADDS: Step = {
  statements: `ALTER TABLE tusd_uploads ADD COLUMN colour text;
    ALTER TABLE tusd_uploads ADD COLUMN weight bigint NOT NULL DEFAULT 1;
    CREATE INDEX tusd_uploads_colour ON tusd_uploads (colour);
    ALTER TABLE tusd_deliveries ADD COLUMN colour text NOT NULL DEFAULT 'red';
    CREATE TABLE tusd_colours (name text PRIMARY KEY)`,
};
/** The release after it takes away what became obsolete. */
const BREAKS: Step = {
  statements: 'ALTER TABLE tusd_uploads DROP COLUMN colour; DROP TABLE tusd_colours',
  oldest: STEPS.length + 2,
};

let receiver: TestReceiver;
let newer: readonly string[];
const events = ['post-create', 'post-finish', 'post-terminate'];
const uploads = clusterUploads(async (t) => {
  newer = await newerProgram(t, { version: VERSION, steps: [ADDS] });
  receiver = await startReceiver(t);
  const { url } = receiver;
  return {
    storage: { partSize: '5MiB' },
    config: { hooks: [{ type: 'http', name: 'receiver', url, events }] },
  };
});
const { at, create, assertContent } = uploads;

const database = (): string =>
  JSON.parse(readFileSync(uploads.cluster.configFile, 'utf8')).database.url;
const schema = () => runSql(database(), 'SELECT version, oldest FROM tusd_schema');

async function versions(): Promise<string[]> {
  const { stdout } = await uploads.cluster.command('daemons', '--json');
  return JSON.parse(stdout).daemons.map(({ version }: { version: string }) => version);
}

async function replace(index: number): Promise<void> {
  const member = uploads.cluster.members[index]!;
  assert.equal(await member.daemon.stop(), 0);
  await member.restart(newer);
}

async function patch(index: number, url: string, bytes: Buffer, from: number, to: number) {
  const reply = await send('PATCH', at(index, url), {
    headers: appendAt(from),
    body: bytes.subarray(from, to),
  });
  assert.equal(reply.status, 204, `${reply.body}`);
  assert.equal(offsetOf(reply), to);
}

/** Each upload that finished has had each of its events once, in order. */
async function assertTold(ids: readonly string[], ...types: readonly string[]): Promise<void> {
  const of = (id: string) =>
    receiver.received.map(({ payload }) => payload).filter(({ Event }) => Event.Upload.ID === id);
  await until('every event was delivered', () => ids.every((id) => of(id).length >= types.length));
  for (const id of ids) {
    assert.deepEqual(
      of(id).map(({ Type }) => Type),
      types,
    );
  }
}

test(
  'a newer daemon upgrades the tables while older ones go on, and each finishes what the other began',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(13 * MIB);
    const [old] = await versions();
    const running = await create(0, bytes.length);
    const writing = pausedPatch(at(0, running), 0, bytes, 11 * MIB);
    const begun = await create(1, bytes.length);
    await patch(1, begun, bytes, 0, 7 * MIB);

    await replace(2);
    assert.deepEqual(await schema(), [{ version: STEPS.length + 1, oldest: 1 }]);
    assert.deepEqual((await versions()).toSorted(), [old, old, VERSION].toSorted());

    // What an older one receives is seen by the newer one, and goes on.
    await until(
      'the newer one tells an offset',
      async () => offsetOf(await send('HEAD', at(2, running))) > 0,
    );
    writing.goOn();
    assert.equal((await writing.answer).status, 204);

    const made = await create(2, bytes.length);
    await patch(2, made, bytes, 0, 6 * MIB);
    await patch(2, begun, bytes, 7 * MIB, 9 * MIB);
    await patch(1, made, bytes, 6 * MIB, 9 * MIB);
    await patch(1, begun, bytes, 9 * MIB, bytes.length);
    await patch(2, made, bytes, 9 * MIB, bytes.length);
    for (const url of [running, begun, made]) await assertContent(url, bytes);
    await assertTold([running, begun, made].map(idOf), 'post-create', 'post-finish');

    // One takes over from the other's writer, and removes what the other made.
    const taken = await create(0, bytes.length);
    const silent = pausedPatch(at(0, taken), 0, bytes, 6 * MIB);
    const head = await until('HEAD reports what has arrived', async () => {
      const head = await send('HEAD', at(2, taken));
      return offsetOf(head) === 6 * MIB && head;
    });
    await patch(2, taken, bytes, offsetOf(head), bytes.length);
    silent.goOn();
    await silent.answer.catch(() => {});
    await assertContent(taken, bytes);
    assert.equal((await send('DELETE', at(2, taken))).status, 204);
    assert.equal((await send('DELETE', at(1, made))).status, 204);
    await assertTold([taken, made].map(idOf), 'post-create', 'post-finish', 'post-terminate');
  },
);

test('parts of both versions are joined by either', SHARED_SERVICES, async () => {
  const pieces = [randomBytes(6 * MIB), randomBytes(70_000)];
  const parts = await Promise.all(
    pieces.map(async (piece, index) => {
      const headers = creation(piece.length, {
        'Upload-Concat': 'partial',
        'Content-Type': OFFSET_STREAM,
      });
      const base = uploads.cluster.members[2 * index]!.url;
      return new URL(locationOf(base, await send('POST', base, { headers, body: piece }))).pathname;
    }),
  );
  for (const index of [0, 2]) {
    const base = uploads.cluster.members[index]!.url;
    const headers = { 'Upload-Concat': `final;${parts.join(' ')}` };
    const final = locationOf(base, await send('POST', base, { headers }));
    await assertContent(final, Buffer.concat(pieces));
  }
});

test('commands and daemons of the version before still start', SHARED_SERVICES, async () => {
  const { members, command, configFile } = uploads.cluster;
  await members[1]!.kill();
  await members[1]!.restart();
  for (const args of [
    ['list', '--json'],
    ['verify', '--json'],
    ['hooks', 'list', '--json'],
  ]) {
    const older = await command(...args);
    const later = await runCommand([...args, '--config', configFile], { program: newer });
    assert.deepEqual([older.code, later.code], [0, 0], `${older.stderr}${later.stderr}`);
  }
});

test(
  'clients do not notice that one daemon after the other is replaced',
  SHARED_SERVICES,
  async () => {
    const endpoint = uploads.cluster.url;
    const ids: string[] = [];
    let over = false;
    const client = async (size: number) => {
      while (!over) {
        const bytes = randomBytes(size);
        const url = await uploadAll(bytes, {
          endpoint,
          chunkSize: 3 * MIB,
          retryDelays: Array.from({ length: 100 }, () => 200),
        });
        const got = await send('GET', url);
        assert.equal(got.status, 200);
        assert.ok(got.body.equals(bytes));
        ids.push(idOf(url));
      }
    };
    const clients = [20_000, 2 * MIB, 11 * MIB].map(client);
    const replacing = (async () => {
      for (const index of [0, 1]) {
        const before = ids.length;
        await replace(index);
        await until('uploads go on', () => ids.length > before + 2);
      }
    })();
    await Promise.race([replacing, Promise.all(clients)]).finally(() => {
      over = true;
    });
    await Promise.all(clients);
    assert.deepEqual(await versions(), [VERSION, VERSION, VERSION]);
    await assertTold(ids, 'post-create', 'post-finish');
  },
);

test(
  'a daemon that is too old for the tables refuses to start, and says so',
  SHARED_SERVICES,
  async (t) => {
    const { members, command, configFile } = uploads.cluster;
    const later = await newerProgram(t, { version: '99.2.0', steps: [ADDS, BREAKS] });
    for (const { daemon } of members) await daemon.stop();
    await members[0]!.restart(later);
    const needed = STEPS.length + 2;
    assert.deepEqual(await schema(), [{ version: needed, oldest: needed }]);
    const sentence = new RegExp(
      `upgraded by a newer tusd-ts \\(schema ${needed}, which takes a program that knows ${needed}; this one knows ${STEPS.length}\\)\\.\\n *Run the newer version`,
    );
    const serve = await runCommand(['serve', '--port', '0', '--config', configFile]);
    const list = await command('list');
    for (const { code, stdout, stderr } of [serve, list]) {
      assert.equal(code, 78);
      assert.match(stderr, sentence);
      assert.equal(stdout, '');
    }
  },
);
