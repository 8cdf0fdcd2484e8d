import { createHash } from 'node:crypto';
import { shrink } from './shrink.ts';
import { type Outcome, simulate } from './simulation.ts';
import { work } from './work.ts';
import { localWorld } from './worlds/local.ts';
import { s3World, workersWorld } from './worlds/shared.ts';
import type { OpenWorld } from './worlds/world.ts';

// What one process of the simulator does; run.mjs starts it.
const WORLDS: Readonly<Record<string, OpenWorld>> = {
  local: localWorld,
  s3: s3World,
  workers: workersWorld,
};

const [what, world = 'local', ...numbers] = process.argv.slice(2);
const [first = 0, most = 1, stride = 1, time = 0, failures = 1] = numbers.map(Number);
const openWorld = WORLDS[world]!;

if (what === 'trace') {
  tell(await simulate(first, openWorld, true));
} else if (what === 'sum') {
  const hash = createHash('sha256');
  for (let seed = first; seed < first + most; seed += 1) {
    hash.update((await simulate(seed, openWorld, true)).trace.join('\n'));
  }
  console.log(hash.digest('hex'));
} else if (what === 'shrink') {
  const { plan, outcome } = await shrink(first, openWorld);
  console.log(JSON.stringify(plan));
  tell(outcome);
} else {
  const options = { first, most, stride, failures, ...(time > 0 ? { time } : {}) };
  const { seeds, steps, failures: found } = await work(openWorld, options);
  const broken = found.map(({ seed, violation }) => ({ seed, message: violation?.message }));
  const { user, system } = process.cpuUsage();
  const cpu = (user + system) / 1e6;
  console.log(JSON.stringify({ seeds, steps, cpu, failures: broken }));
}

function tell({ seed, steps, violation, trace }: Outcome): void {
  for (const line of trace) console.log(line);
  console.log(`seed ${seed}: ${violation?.message ?? `nothing is broken in ${steps} steps`}`);
}
