import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openCommandStore } from '../../src/storage/store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { metadataOf } from '../support/uploads.ts';
import { type Consumer, consume, contentOf } from './deliver/consumer.ts';
import { World } from './kill/world.ts';
import { effort } from './support/effort.ts';
import { compiledProgram } from './support/program.ts';
import { chooseSeed, createRandom, type Random } from './support/random.ts';

const KILLS = effort({ short: 5, ci: 7, long: 67 }, 'TUSD_TS_KILLS');
const OTHER_DISK = '/dev/shm';
const CLIENTS = 4;

interface Scenario {
  readonly name: string;
  /** The rules, and which inboxes they fill: here is on the disk of the uploads, there is on another. */
  rules(here: string, there: string): readonly object[];
  readonly inboxes: readonly ('here' | 'there')[];
  /** Contents of one name replace each other, so the last of them is all that must arrive. */
  readonly uniqueNames?: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'moved within a file system',
    rules: (here) => [{ to: `${here}/{name}`, how: 'move', mode: '0644' }],
    inboxes: ['here'],
  },
  {
    name: 'moved to another file system, and linked before',
    rules: (here, there) => [
      { name: 'there', to: `${there}/{name}`, how: 'move' },
      { name: 'here', to: `${here}/{name}`, how: 'link' },
    ],
    inboxes: ['here', 'there'],
  },
  {
    name: 'copied to both, replacing what is there',
    rules: (here, there) => [
      { name: 'there', to: `${there}/{name}`, how: 'copy', onConflict: 'replace' },
      { name: 'here', to: `${here}/{name}`, how: 'copy', onConflict: 'replace' },
    ],
    inboxes: ['here', 'there'],
    uniqueNames: true,
  },
];

for (const scenario of SCENARIOS) {
  test(`no file is lost, doubled or seen half by ${KILLS} times kill -9: ${scenario.name}`, async (t) => {
    if (!existsSync(OTHER_DISK)) return t.skip(`needs ${OTHER_DISK}`);
    const seed = chooseSeed();
    t.diagnostic(`to make the same choices again: TUSD_TS_SEED=${seed} TUSD_TS_KILLS=${KILLS}`);
    await killDuringDeliveries(t, scenario, createRandom(seed));
  });
}

async function killDuringDeliveries(t: TestContext, scenario: Scenario, random: Random) {
  const folder = temporaryFolder(t);
  const inbox = {
    here: join(folder, 'here'),
    there: join(temporaryFolder(t, OTHER_DISK), 'there'),
  };
  const uploadDir = join(folder, 'uploads');
  const configFile = join(folder, 'config.json');
  const deliver = scenario.rules(inbox.here, inbox.there);
  const config = { port: 0, uploadDir, minFreeSpace: 0, cleanupSchedule: 'never', deliver };
  writeFileSync(configFile, JSON.stringify(config));
  const consumers = scenario.inboxes.map((name) => [name, consume(t, inbox[name])] as const);
  const program = compiledProgram();
  const world = new World(t, { program, uploadDir, configFile, random: random.branch() });
  await world.live();
  const numbers = { next: 0 };
  const clients = Array.from({ length: CLIENTS }, () =>
    uploadUntilOver(world, numbers, random.branch(), scenario.uniqueNames ?? false),
  );
  for (let kill = 0; kill < KILLS; kill += 1) await world.dieAndLive();
  world.over = true;
  await Promise.all(clients);
  await allPlaced(uploadDir);
  const verify = world.command(['verify', '--rate', 'unlimited']);
  assert.equal(await verify.ended, 0, verify.output());
  assert.equal(await world.end(), 0, 'the last daemon ends in order');
  const finished = await finishedNumbers(uploadDir);
  t.diagnostic(`${finished.length} of ${numbers.next} uploads finished`);
  assert.ok(finished.length > 0, 'no upload finished: nothing was shown');
  for (const [name, consumer] of consumers) await judge(name, consumer, finished);
}

/** Sends one small or large upload after the other; what breaks is not repeated. */
async function uploadUntilOver(
  world: World,
  numbers: { next: number },
  random: Random,
  uniqueNames: boolean,
): Promise<void> {
  while (!world.over) {
    const { url } = await world.up();
    numbers.next += 1;
    const number = numbers.next;
    const body = contentOf(number, random.pick([20, 5_000, 300_000, 2_000_000]));
    const filename = uniqueNames || random.chance(0.7) ? `${number}.bin` : 'same.bin';
    try {
      await fetch(url, {
        method: 'POST',
        headers: {
          'tus-resumable': '1.0.0',
          'upload-length': String(body.length),
          'upload-metadata': metadataOf({ filename, number: String(number) }),
          'content-type': 'application/offset+octet-stream',
        },
        body,
      });
    } catch {
      // The daemon was killed.
    }
    world.answered();
  }
}

async function allPlaced(uploadDir: string): Promise<void> {
  const store = await openCommandStore({ uploadDir });
  try {
    await until(
      'every file is delivered and nothing is left to tidy up',
      async () => (await store.placements.nextDueAt()) === null,
      60_000,
    );
    assert.deepEqual(
      await store.placements.list({ statuses: ['pending', 'failing', 'skipped'] }),
      [],
    );
  } finally {
    await store.close();
  }
}

async function finishedNumbers(uploadDir: string): Promise<number[]> {
  const store = await openCommandStore({ uploadDir });
  try {
    const numbers: number[] = [];
    for await (const { metadata } of store.list({ states: ['finished'] })) {
      const [, encoded = ''] = /number ([^,]+)/.exec(metadata ?? '') ?? [];
      numbers.push(Number(Buffer.from(encoded, 'base64').toString()));
    }
    return numbers;
  } finally {
    await store.close();
  }
}

async function judge(name: string, consumer: Consumer, finished: readonly number[]): Promise<void> {
  assert.deepEqual(consumer.problems, []);
  const expected = new Map(finished.toSorted((a, b) => a - b).map((number) => [number, 1]));
  // The last of them may have to be taken yet.
  const arrived = () => new Map([...consumer.arrivals()].toSorted(([a], [b]) => a - b));
  await until(`all are counted in ${name}`, () => arrived().size >= expected.size, 5_000).catch(
    () => {},
  );
  assert.deepEqual(arrived(), expected, name);
}
