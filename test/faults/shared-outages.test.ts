import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { pausedPatch } from '../support/cluster-uploads.ts';
import { type Daemon, startDaemon } from '../support/command.ts';
import { beforeTests } from '../support/file-scope.ts';
import { type Relay, relayTo } from '../support/services/relay.ts';
import { SHARED_SERVICES, startServices } from '../support/services/shared.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { appendAt, creation, locationOf, OFFSET_STREAM, offsetOf, send } from '../support/tus.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const ORIGIN = 'https://app.example.org';
let daemon: Daemon;
let admin: string;
let database: Relay;
let bucket: Relay;

beforeTests(SHARED_SERVICES, async (t) => {
  const folder = temporaryFolder(t);
  const services = await startServices(t);
  const fresh = await services.fresh();
  const url = new URL(String(fresh.database.url));
  database = await relayTo(t, Number(url.port));
  bucket = await relayTo(t, Number(new URL(services.s3.endpoint).port));
  url.port = String(database.port);
  admin = join(folder, 'admin.sock');
  const file = join(folder, 'config.json');
  const config = {
    ...{ cleanupSchedule: 'never', drainTimeout: '1s', uploadDir: join(folder, 'spool') },
    ...{ adminListen: `unix:${admin}`, corsOrigins: [ORIGIN] },
    storage: {
      ...{ ...fresh.storage, partSize: '5MiB' },
      endpoint: `http://127.0.0.1:${bucket.port}`,
    },
    database: { url: url.href },
  };
  writeFileSync(file, JSON.stringify(config));
  daemon = await startDaemon(t, ['--config', file]);
});

/** What /readyz says is wrong; empty when the daemon is ready. */
async function wrong(): Promise<Record<string, string>> {
  const body = await new Promise<string>((resolve, reject) => {
    request({ socketPath: admin, path: '/readyz', agent: false }, (response) =>
      text(response).then(resolve, reject),
    )
      .on('error', reject)
      .end();
  });
  const checks = Object.entries<{ ok: boolean; reason?: string }>(JSON.parse(body).checks);
  return Object.fromEntries(
    checks.filter(([, { ok }]) => !ok).map(([name, { reason = '' }]) => [name, reason]),
  );
}

const ready = () =>
  until('the daemon is ready', async () => Object.keys(await wrong()).length === 0, 60_000);

const post = (bytes: Buffer, length = bytes.length) =>
  send('POST', daemon.url, {
    headers: { Origin: ORIGIN, ...creation(length), 'Content-Type': OFFSET_STREAM },
    body: bytes,
  });

async function assertUnavailable(): Promise<void> {
  const { status, headers } = await post(randomBytes(1000));
  assert.equal(status, 503);
  assert.match(headers['retry-after'] ?? '', /^\d+$/);
  assert.equal(headers['access-control-allow-origin'], ORIGIN);
}

test(
  'without the database requests get 503, readyz says so, and all goes on by itself',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(8 * MIB);
    const url = locationOf(daemon.url, await post(bytes.subarray(0, 6 * MIB), bytes.length));
    database.cut();
    await assertUnavailable();
    assert.equal((await send('HEAD', url)).status, 503);
    const found = await wrong();
    assert.match(found.catalog ?? '', /database at 127\.0\.0\.1/);
    assert.equal(found.storage, undefined);
    database.mend();
    await ready();
    assert.equal(offsetOf(await send('HEAD', url)), 6 * MIB);
    const rest = await send('PATCH', url, {
      headers: appendAt(6 * MIB),
      body: bytes.subarray(6 * MIB),
    });
    assert.equal(rest.status, 204);
    assert.ok((await send('GET', url)).body.equals(bytes));
  },
);

test(
  'without the bucket requests for bytes get 503, and what was acknowledged is there again',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(8 * MIB);
    const url = locationOf(daemon.url, await post(bytes.subarray(0, 6 * MIB), bytes.length));
    bucket.cut();
    await assertUnavailable();
    assert.equal(offsetOf(await send('HEAD', url)), 6 * MIB, 'an offset needs no bucket');
    const found = await wrong();
    assert.notEqual(found.storage, undefined);
    assert.equal(found.catalog, undefined);
    bucket.mend();
    await ready();
    const offset = offsetOf(await send('HEAD', url));
    const rest = await send('PATCH', url, {
      headers: appendAt(offset),
      body: bytes.subarray(offset),
    });
    assert.equal(rest.status, 204, `${rest.body}`);
    assert.ok((await send('GET', url)).body.equals(bytes));
  },
);

test(
  'a request that is cut from both in its middle keeps what was acknowledged',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(16 * MIB);
    const url = locationOf(daemon.url, await post(Buffer.alloc(0), bytes.length));
    const writing = pausedPatch(url, 0, bytes, 11 * MIB);
    const told = await until('HEAD reports an offset', async () => {
      const offset = offsetOf(await send('HEAD', url));
      return offset > 0 && offset;
    });
    database.cut();
    bucket.cut();
    writing.goOn();
    const { status } = await writing.answer.catch(() => ({ status: 0 }));
    assert.ok(status === 503 || status === 0, `${status}`);
    database.mend();
    bucket.mend();
    await ready();
    const reply = await until(
      'the upload goes on',
      async () => {
        const offset = offsetOf(await send('HEAD', url));
        assert.ok(offset >= told, `${offset} after ${told}`);
        const answer = await send('PATCH', url, {
          headers: appendAt(offset),
          body: bytes.subarray(offset),
        });
        return answer.status === 204 && answer;
      },
      60_000,
    );
    assert.equal(offsetOf(reply), bytes.length);
    assert.ok((await send('GET', url)).body.equals(bytes));
    assert.equal(await daemon.stop(), 0);
  },
);
