/**
 * Measures daemons that share a bucket and a database, on this machine: a throw-away PostgreSQL that
 * syncs its commits, and a Ceph radosgw that keeps objects in memory.
 *
 *     npm run build && npx tsx bench/shared/run.ts [--work NAMES] [--rounds N] [--rows N] [--quick]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compilePrograms, ROOT } from '../compile.ts';
import { LoadClient } from '../load-client.ts';
import { describeMachine } from '../machine.ts';
import { renderHead, renderWork } from '../report.ts';
import { FULL, QUICK } from '../sizes.ts';
import { startPlace } from './place.ts';
import { SHARED_WORKS } from './works.ts';

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: SHARED_WORKS.map(({ name }) => name).join(',') },
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    quick: { type: 'boolean', default: false },
    daemon: { type: 'string', default: join(ROOT, 'dist', 'bin', 'tusd-ts.js') },
  },
});
const works = values.work.split(',').map((name) => {
  const work = SHARED_WORKS.find((one) => one.name === name);
  if (!work) throw new Error(`there is no work "${name}"`);
  return work;
});
const begun = performance.now();
const progress = (text: string) => {
  const seconds = Math.round((performance.now() - begun) / 1000);
  if (text !== '') console.error(`${seconds} s: ${text}`);
};

const programs = compilePrograms();
const root = mkdtempSync(join(tmpdir(), 'tusd-ts-bench-'));
const client = await LoadClient.start(programs.load);
const place = await startPlace();
try {
  const command = ['npx tsx bench/shared/run.ts', ...process.argv.slice(2)].join(' ');
  console.log(`${renderHead({ machine: describeMachine(root), command })}\n`);
  for (const work of works) {
    const sizes = values.quick ? QUICK : FULL;
    const rows = await work.run({
      ...{ subjects: [], client, sizes, progress, place, load: programs.load },
      rounds: Number(values.rounds),
      rows: Number(values.rows),
      daemon: resolve(values.daemon),
      fillCatalog: programs.fillCatalog,
      receiver: programs.receiver,
      directory(name) {
        const folder = join(root, work.name, name.replace(/[^\w.]+/g, '-'));
        mkdirSync(folder, { recursive: true });
        return folder;
      },
    });
    progress('');
    const { notes = [] } = work;
    console.log(`${renderWork({ work: work.name, title: work.title(sizes), rows, notes })}\n`);
  }
} finally {
  await client.stop();
  await place.stop();
  for (const folder of [root, programs.folder]) rmSync(folder, { recursive: true, force: true });
}
