import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compilePrograms, type Programs } from './compile.ts';
import { LoadClient } from './load-client.ts';
import type { Options } from './options.ts';
import type { WorkReport } from './report.ts';
import type { Subject } from './subjects/subject.ts';
import { ceiling, clientLimit, foreign, ours, raw, stock } from './subjects/subjects.ts';

export interface SessionOutput {
  /** What is going on now. */
  readonly progress: (text: string) => void;
  /** Is given each work's report as soon as it is there. */
  readonly onWork: (report: WorkReport) => void;
}

/** Runs the works that were asked for, one after the other, and cleans up behind them. */
export async function runSession(options: Options, output: SessionOutput): Promise<WorkReport[]> {
  if (options.subjects.includes('ours') && !existsSync(options.daemon)) {
    throw new Error(
      `there is no ${options.daemon}. Run \`npm run build\`, or leave it out: --subjects stock,ceiling,limit`,
    );
  }
  if (options.beside !== null && !existsSync(options.beside)) {
    throw new Error(`--beside: there is no ${options.beside}`);
  }
  const programs = compilePrograms();
  const root = mkdtempSync(join(options.directory, 'tusd-ts-bench-'));
  const cleanUp = () => {
    for (const folder of [root, programs.folder]) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', cleanUp);
  const client = await LoadClient.start(programs.load);
  const { sizes, rounds, daemon } = options;
  const { progress } = output;
  const reports: WorkReport[] = [];
  try {
    for (const work of options.works) {
      const folder = join(root, work.name);
      const rows = await work.run({
        subjects: subjectsOf(options, programs),
        ...{ client, sizes, rounds, progress, daemon, fillCatalog: programs.fillCatalog },
        receiver: programs.receiver,
        directory: (name) => makeFolder(folder, name),
      });
      rmSync(folder, { recursive: true, force: true });
      const title = work.title(sizes);
      const report = { work: work.name, title, rows, notes: work.notes ?? [] };
      reports.push(report);
      output.onWork(report);
    }
    return reports;
  } finally {
    await client.stop();
    process.off('exit', cleanUp);
    cleanUp();
  }
}

function makeFolder(parent: string, name: string): string {
  const folder = join(parent, name.replace(/[^\w.]+/g, '-'));
  mkdirSync(folder, { recursive: true });
  return folder;
}

function subjectsOf(options: Options, programs: Programs): Subject[] {
  const has = (choice: Options['subjects'][number]) => options.subjects.includes(choice);
  const { fsync, daemon, beside } = options;
  return [
    ...(has('ours') ? fsync.map((mode) => ours(daemon, mode)) : []),
    ...(beside === null ? [] : fsync.map((mode) => ours(beside, mode, 'beside'))),
    ...(has('stock') ? [stock(programs)] : []),
    ...(has('ceiling') ? [ceiling(programs)] : []),
    ...(has('raw') ? [raw(programs)] : []),
    ...(has('limit') ? [clientLimit(programs)] : []),
    ...options.against.map(({ url, pid }) => foreign(url, pid)),
  ];
}
