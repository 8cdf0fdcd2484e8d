import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';
import { until } from '../support/until.ts';
import { Sender } from './shared/sender.ts';
import { effort } from './support/effort.ts';
import { chooseSeed, createRandom, type Random } from './support/random.ts';
import { listen, type Receiver } from './support/receiver.ts';

const KILLS = effort({ short: 3, ci: 5, long: 50 }, 'TUSD_TS_KILLS');
const STOPS = effort({ short: 1, ci: 2, long: 20 }, 'TUSD_TS_STOPS');
const CLIENTS = 5;
/** A lease is void when its daemon has sent no heartbeat for so long (milliseconds). */
const VOID_AFTER = 15_000;

test(
  `nothing is lost by ${KILLS} times kill -9 and ${STOPS} times SIGSTOP among three daemons`,
  SHARED_SERVICES,
  async (t) => {
    const seed = chooseSeed();
    t.diagnostic(`to make the same choices again: TUSD_TS_SEED=${seed}`);
    const random = createRandom(seed);
    const receiver = await listen(t);
    const cluster = await startCluster(t, {
      storage: { partSize: '5MiB' },
      config: {
        logLevel: 'warn',
        hooks: [
          { type: 'http', name: 'log', url: receiver.url, events: ['post-create', 'post-finish'] },
        ],
      },
    });
    const senders = Array.from({ length: CLIENTS }, () => new Sender(cluster.url, random.branch()));
    const sending = Promise.all(senders.map((sender) => sender.run()));
    const troubles = trouble(t, cluster, random.branch());
    await Promise.race([troubles, sending]);
    for (const sender of senders) sender.over = true;
    await troubles;
    await sending;
    await judge(t, cluster, senders, receiver);
  },
);

/** Kills, stops and restarts in a random order, one at a time. */
async function trouble(t: TestContext, cluster: Cluster, random: Random): Promise<void> {
  const plan = [
    ...Array.from({ length: KILLS }, () => 'kill' as const),
    ...Array.from({ length: STOPS }, () => 'stop' as const),
    'postgres' as const,
    'radosgw' as const,
  ];
  const order = plan
    .map((what) => [random.int(0, 1e9), what] as const)
    .toSorted(([a], [b]) => a - b);
  for (const [, what] of order) {
    await pause(random.int(200, 2_500));
    const member = random.pick(cluster.members);
    const begun = performance.now();
    if (what === 'kill') {
      await member.kill();
      await pause(random.int(0, 2_000));
      await member.restart();
    } else if (what === 'stop') {
      member.daemon.child.kill('SIGSTOP');
      // Some stop for so long that another daemon takes over what they hold.
      await pause(
        random.chance(0.4) ? VOID_AFTER + random.int(1_000, 6_000) : random.int(300, 4_000),
      );
      member.daemon.child.kill('SIGCONT');
    } else if (what === 'postgres') cluster.services.postgres.restart();
    else await cluster.services.restartRadosgw();
    t.diagnostic(`${what} of ${member.port} (${Math.round(performance.now() - begun)} ms)`);
  }
}

async function judge(
  t: TestContext,
  cluster: Cluster,
  senders: readonly Sender[],
  { told }: Receiver,
): Promise<void> {
  const uploads = senders.flatMap(({ uploads }) => uploads);
  const bytes = uploads.reduce((sum, { size }) => sum + size, 0);
  t.diagnostic(
    `${uploads.length} uploads of ${bytes} bytes, ${senders.reduce((sum, { answers }) => sum + answers, 0)} answers`,
  );
  assert.deepEqual(
    senders.flatMap(({ problems }) => problems),
    [],
  );
  assert.ok(uploads.length >= CLIENTS, 'nothing was shown');
  await until(
    'every event was delivered',
    async () => {
      const { code, stdout } = await cluster.command('hooks', 'list', '--json');
      return code === 0 && JSON.parse(stdout).deliveries.length === 0;
    },
    90_000,
  );
  const events = [...told.values()];
  for (const { id } of uploads) {
    assert.deepEqual(
      events.filter(({ upload }) => upload === id).map(({ event }) => event),
      ['post-create', 'post-finish'],
      `the events of ${id}`,
    );
  }
  const { code, stdout, stderr } = await cluster.command('verify', '--deep', '--rate', 'unlimited');
  assert.equal(code, 0, stdout + stderr);
  for (const { daemon } of cluster.members) assert.equal(await daemon.stop(), 0, daemon.output());
}
