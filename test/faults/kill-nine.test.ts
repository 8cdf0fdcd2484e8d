import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openCommandStore } from '../../src/storage/store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { Client } from './kill/client.ts';
import { ageOrphans, judge } from './kill/judge.ts';
import { Ledger } from './kill/ledger.ts';
import { uploadUntilOver } from './kill/scenarios.ts';
import { World } from './kill/world.ts';
import { effort } from './support/effort.ts';
import { compiledProgram } from './support/program.ts';
import { chooseSeed, createRandom, type Random } from './support/random.ts';
import { listen } from './support/receiver.ts';

const KILLS = effort({ short: 12, ci: 20, long: 1000 }, 'TUSD_TS_KILLS');
const CLIENTS = 5;
const EVERY_SECOND = '* * * * * *';

test(`nothing that was acknowledged is lost or altered by ${KILLS} times kill -9`, async (context) => {
  const seed = chooseSeed();
  const random = createRandom(seed);
  const folder = temporaryFolder(context);
  const uploadDir = join(folder, 'uploads');
  const receiver = await listen(context);
  const configFile = join(folder, 'config.json');
  writeFileSync(configFile, JSON.stringify(configuration(uploadDir, receiver.url)));
  const ledger = new Ledger();
  const program = compiledProgram();
  const world = new World(context, { program, uploadDir, configFile, random: random.branch() });
  try {
    await world.live();
    const clients = Array.from({ length: CLIENTS }, () =>
      uploadUntilOver(new Client(world, random.branch()), ledger),
    );
    const beside = sweepUntilOver(world, random.branch());
    const everybody = Promise.all([...clients, beside]);
    await Promise.race([killAgainAndAgain(world), everybody]);
    world.over = true;
    await everybody;
    await sweep(world, []);
    await everythingTold(uploadDir);
    assert.equal(await world.end(), 0, 'the last daemon ends in order');
    await judge(uploadDir, ledger, receiver.told);
    await assertOrphansGo(world, uploadDir);
    const finished = [...ledger.entries.values()].filter((entry) => entry.finished).length;
    context.diagnostic(`${ledger.entries.size} uploads, ${finished} finished, seed ${seed}`);
    assert.ok(finished > 0, 'no upload came to its end: nothing was shown');
  } catch (error) {
    context.diagnostic(
      `to make the same choices again: TUSD_TS_SEED=${seed} TUSD_TS_KILLS=${KILLS}`,
    );
    throw error;
  }
});

function configuration(uploadDir: string, url: string) {
  const events = ['post-create', 'post-finish', 'post-terminate', 'post-expire'];
  return {
    port: 0,
    uploadDir,
    cleanupSchedule: EVERY_SECOND,
    minFreeSpace: 0,
    hooks: [{ type: 'http', name: 'receiver', url, events }],
  };
}

/** Waits until the hook has received every event. */
async function everythingTold(uploadDir: string): Promise<void> {
  const store = await openCommandStore({ uploadDir });
  try {
    await until(
      'every event is delivered',
      async () => (await store.outbox.counts()).length === 0,
      60_000,
    );
  } finally {
    await store.close();
  }
}

async function killAgainAndAgain(world: World): Promise<void> {
  for (let kills = 0; kills < KILLS; kills += 1) await world.dieAndLive();
}

/** `tusd-ts cleanup` beside the daemon, killed now and then, too. */
async function sweepUntilOver(world: World, random: Random): Promise<void> {
  while (!world.over) {
    await pause(random.int(300, 3000));
    if (random.chance(0.7)) await sweep(world, []);
    else {
      const command = world.command(['cleanup']);
      await Promise.race([command.ended, pause(random.int(0, 500))]);
      await command.kill();
    }
  }
}

async function sweep(world: World, args: readonly string[]): Promise<void> {
  const command = world.command(['cleanup', ...args]);
  assert.equal(await command.ended, 0, `cleanup failed:\n${command.output()}`);
}

async function assertOrphansGo(world: World, uploadDir: string): Promise<void> {
  const orphans = await ageOrphans(uploadDir);
  await sweep(world, ['--orphans']);
  for (const path of orphans) assert.ok(!existsSync(path), `cleanup --orphans left ${path}`);
}
