import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startReceiver } from '../hooks/support/receiver.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { beforeTests } from '../support/file-scope.ts';
import { countHttp, countSql } from '../support/services/counting-relay.ts';
import { SHARED_SERVICES, type SharedServices, startServices } from '../support/services/shared.ts';
import { appendAt, creation, locationOf, OFFSET_STREAM, offsetOf, send } from '../support/tus.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const UPLOADS = 200;
/** A part and more. */
const SIZE = 6 * MIB;
const MOST_MEMORY = 350;
const MOST_CONNECTIONS = 10;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

let services: SharedServices;
beforeTests(SHARED_SERVICES, async (t) => {
  services = await startServices(t);
});

/** The most connections that daemons have to the database at a time, as the database counts them. */
async function watchConnections(t: TestContext) {
  const client = new pg.Client({ connectionString: services.postgres.url });
  await client.connect();
  let most = 0;
  let over = false;
  const watching = (async () => {
    while (!over) {
      const { rows } = await client.query(
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'tusd-ts'`,
      );
      most = Math.max(most, rows[0].count);
      await pause(20);
    }
  })();
  t.after(async () => {
    over = true;
    await watching;
    await client.end();
  });
  return async () => {
    over = true;
    await watching;
    return most;
  };
}

/** The most memory that the process of a daemon has had (MiB). */
function peakOf({ members }: Cluster): number {
  const status = readFileSync(`/proc/${members[0]!.daemon.child.pid}/status`, 'latin1');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Sends the rest of an upload, as often as it takes. */
function finish(url: string, bytes: Buffer): Promise<unknown> {
  return until(
    'the upload is finished',
    async () => {
      const from = offsetOf(await send('HEAD', url));
      const body = bytes.subarray(from);
      return (await send('PATCH', url, { headers: appendAt(from), body })).status === 204;
    },
    60_000,
  );
}

test(
  `${UPLOADS} uploads at once need less than ${MOST_MEMORY} MiB and ${MOST_CONNECTIONS} connections to the database`,
  SHARED_SERVICES,
  async (t) => {
    const receiver = await startReceiver(t);
    const { url } = receiver;
    const cluster = await startCluster(t, {
      services,
      daemons: 1,
      storage: { partSize: '5MiB' },
      config: {
        // All clients wait for the last of them.
        idleTimeout: '10m',
        hooks: [{ type: 'http', name: 'receiver', url, events: ['post-create', 'post-finish'] }],
      },
    });
    const base = cluster.members[0]!.url;
    const mostConnections = await watchConnections(t);
    const bytes = randomBytes(SIZE);
    let goOn = () => {};
    const all = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const body = async function* () {
      yield bytes.subarray(0, SIZE - 1);
      await all;
      yield bytes.subarray(SIZE - 1);
    };
    const urls = await Promise.all(
      range(UPLOADS).map(async () =>
        locationOf(base, await send('POST', base, { headers: creation(SIZE) })),
      ),
    );
    const answers = Promise.all(
      urls.map((url) => send('PATCH', url, { headers: appendAt(0), body: body(), length: SIZE })),
    );
    answers.catch(() => {});
    // All of them are open: what their clients have sent is stored.
    await until(
      'everything is stored',
      async () => {
        const heads = await Promise.all(urls.map((url) => send('HEAD', url)));
        return heads.every((head) => offsetOf(head) === SIZE - 1);
      },
      300_000,
    );
    goOn();
    for (const [index, { status }] of (await answers).entries()) {
      if (status === 204) continue;
      // Services that are this busy may be too slow for a request; its client goes on.
      assert.equal(status, 503);
      await finish(urls[index]!, bytes);
    }
    for (const round of range(5)) {
      const small = randomBytes(10_000 + round);
      const headers = creation(small.length, { 'Content-Type': OFFSET_STREAM });
      const made = await Promise.all(
        range(UPLOADS).map(() => send('POST', base, { headers, body: small })),
      );
      for (const one of made) urls.push(locationOf(base, one));
    }
    const heads = await Promise.all(urls.map((url) => send('HEAD', url)));
    for (const { status } of heads) assert.equal(status, 200);
    await until(
      'every event was delivered',
      () => receiver.received.length >= 2 * urls.length,
      120_000,
    );
    const connections = await mostConnections();
    const peak = peakOf(cluster);
    t.diagnostic(`${Math.round(peak)} MiB, ${connections} connections`);
    assert.ok(peak < MOST_MEMORY, `${Math.round(peak)} MiB`);
    assert.ok(connections <= MOST_CONNECTIONS, `${connections} connections`);
    const hash = (of: Buffer) => createHash('sha256').update(of).digest('hex');
    for (const index of [0, 99, 199]) {
      assert.equal(hash((await send('GET', urls[index]!)).body), hash(bytes));
    }
    assert.deepEqual(
      new Set(receiver.told()).size,
      receiver.told().length,
      'an event was delivered twice',
    );
  },
);

test(
  'a small upload is one PUT and one round trip to the database, a HEAD one round trip',
  SHARED_SERVICES,
  async (t) => {
    const http = await countHttp(t, Number(new URL(services.s3.endpoint).port));
    const sql = await countSql(t, Number(new URL(services.postgres.url).port));
    const { database } = await services.fresh();
    const through = new URL(String(database.url));
    through.port = String(sql.port);
    const cluster = await startCluster(t, {
      services,
      daemons: 1,
      storage: { endpoint: `http://127.0.0.1:${http.port}` },
      config: {},
      database: { url: through.href },
    });
    const base = cluster.members[0]!.url;
    const small = randomBytes(10 * 1024);
    const create = () =>
      send('POST', base, {
        headers: creation(small.length, { 'Content-Type': OFFSET_STREAM }),
        body: small,
      });
    /** What the daemon asks besides: heartbeats, and what others ask of it. */
    const own = (since: number) => 10 + ((performance.now() - since) / 1000) * 4;
    await create();
    http.forget();
    sql.forget();
    const count = 200;
    let begun = performance.now();
    const urls: string[] = [];
    for (const _ of range(count)) urls.push(locationOf(base, await create()));
    assert.deepEqual([...http.counts], [['PUT', count]]);
    const trips = sql.counts.get('round trip') ?? 0;
    assert.ok(trips >= count && trips <= count + own(begun), `${trips} round trips`);
    http.forget();
    sql.forget();
    begun = performance.now();
    for (const url of urls) assert.equal((await send('HEAD', url)).status, 200);
    assert.deepEqual([...http.counts], []);
    const looks = sql.counts.get('round trip') ?? 0;
    assert.ok(looks >= count && looks <= count + own(begun), `${looks} round trips`);
  },
);
