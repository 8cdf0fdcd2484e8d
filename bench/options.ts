import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSize } from '../src/config/values/size.ts';
import { ROOT } from './compile.ts';
import { FULL, QUICK, type Sizes } from './sizes.ts';
import type { FsyncMode } from './subjects/subjects.ts';
import { WORKS } from './works/all-works.ts';
import type { Work } from './works/work.ts';

export interface Options {
  readonly works: readonly Work[];
  readonly sizes: Sizes;
  readonly rounds: number;
  /** Which of the bench's own subjects run; foreign servers always do. */
  readonly subjects: readonly SubjectChoice[];
  readonly fsync: readonly FsyncMode[];
  readonly against: readonly { readonly url: string; readonly pid: number | null }[];
  /** The compiled daemon. */
  readonly daemon: string;
  /** Another build of it that takes turns with it, or null. */
  readonly beside: string | null;
  readonly directory: string;
  readonly json: boolean;
}

const SUBJECTS = ['ours', 'stock', 'ceiling', 'raw', 'limit'] as const;
export type SubjectChoice = (typeof SUBJECTS)[number];
const FSYNC_MODES = ['never', 'completed', 'always'] as const;

export const HELP = `Measures the server beside stock @tus/server, bare node:http and others.

  npm run build && npm run bench -- [options]

  --work <names>       comma-separated, or several times: ${WORKS.map(({ name }) => name).join(', ')}
                       (all but ${WORKS.flatMap(({ name, onlyOnRequest }) => (onlyOnRequest ? name : [])).join(' and ')} when left out)
  --rounds <n>         rounds that count, after one that does not (5; quick: 1)
  --quick              small sizes: about a minute, less exact
  --subjects <names>   of ${SUBJECTS.join(', ')} (all)
  --fsync <mode>       ours with this mode alone: never, completed or always (never and completed)
  --daemon <file>      ours is this build's bin/tusd-ts.js (dist/bin/tusd-ts.js of the checkout)
  --beside <file>      another build of it, in the same turns, as "beside"
  --against <url>      another tus server, by the URL where it creates; may be repeated
  --against-pid <id>   its process, for memory and processor time; one for each --against, in order
  --huge-size <size>   of the work "huge" (20GiB)
  --catalog-rows <n>   of the work "catalog", comma-separated (${FULL.catalogRows.join(',')})
  --dir <directory>    where the subjects keep their data (${tmpdir()})
  --json               the report as JSON
`;

/** Returns null when help was asked for. Throws an Error with a sentence for what is wrong. */
export function parseOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      work: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      subjects: { type: 'string', multiple: true },
      fsync: { type: 'string' },
      against: { type: 'string', multiple: true, default: [] },
      'against-pid': { type: 'string', multiple: true, default: [] },
      'huge-size': { type: 'string' },
      'catalog-rows': { type: 'string', multiple: true },
      daemon: { type: 'string', default: join(ROOT, 'dist', 'bin', 'tusd-ts.js') },
      beside: { type: 'string' },
      dir: { type: 'string', default: tmpdir() },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const names = split(values.work) ?? defaultWorks();
  const base = values.quick ? QUICK : FULL;
  const huge = values['huge-size'];
  const catalogRows = split(values['catalog-rows'])?.map(positive) ?? base.catalogRows;
  return {
    works: names.map((name) => oneOf(WORKS, ({ name: known }) => known === name, `work "${name}"`)),
    sizes: { ...base, catalogRows, huge: huge === undefined ? base.huge : parseSize(huge) },
    rounds: values.rounds === undefined ? (values.quick ? 1 : 5) : positive(values.rounds),
    subjects: (split(values.subjects) ?? SUBJECTS).map((name) =>
      oneOf(SUBJECTS, (known) => known === name, `subject "${name}"`),
    ),
    fsync:
      values.fsync === undefined
        ? ['never', 'completed']
        : [oneOf(FSYNC_MODES, (mode) => mode === values.fsync, `fsync mode "${values.fsync}"`)],
    against: values.against.map((url, at) => {
      const pid = values['against-pid'][at];
      return { url: httpUrl(url), pid: pid === undefined ? null : positive(pid) };
    }),
    daemon: resolve(values.daemon),
    beside: values.beside === undefined ? null : resolve(values.beside),
    directory: resolve(values.dir),
    json: values.json,
  };
}

function defaultWorks(): string[] {
  return WORKS.filter(({ onlyOnRequest }) => !onlyOnRequest).map(({ name }) => name);
}

function split(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((value) => value.split(',').map((name) => name.trim()));
}

function oneOf<T>(all: readonly T[], is: (one: T) => boolean, what: string): T {
  const found = all.find(is);
  if (found === undefined) throw new Error(`there is no ${what}; see --help`);
  return found;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`"${text}" is not above 0`);
  return value;
}

function httpUrl(text: string): string {
  if (!URL.canParse(text) || new URL(text).protocol !== 'http:') {
    throw new Error(`--against ${text}: it must be an http:// URL`);
  }
  return text;
}
