import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Options } from '../../bench/options.ts';
import { parseOptions } from '../../bench/options.ts';
import { renderWork, type WorkReport } from '../../bench/report.ts';
import { runSession } from '../../bench/session.ts';
import type { Sizes } from '../../bench/sizes.ts';
import { NODE_ARGS } from '../support/command.ts';

const KIB = 1024;
const TINY: Sizes = {
  oneStream: 700 * KIB,
  fourStreams: 300 * KIB,
  chunks: 300 * KIB,
  chunk: 64 * KIB,
  largeChunks: 300 * KIB,
  largeChunk: 200 * KIB,
  crowd: 10 * KIB,
  crowdUploads: 20,
  smallUpload: 10 * KIB,
  smallUploads: 40,
  headUploads: 5,
  heads: 40,
  download: 300 * KIB,
  downloadDifferent: 100 * KIB,
  mixUploads: 30,
  mixMedium: 50 * KIB,
  mixLarge: 300 * KIB,
  steady: 300 * KIB,
  besideSteady: 500 * KIB,
  pausedUploads: 8,
  besidePaused: 300 * KIB,
  huge: KIB * KIB,
  catalogRows: [],
};

const directory = mkdtempSync(join(tmpdir(), 'bench-test-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function tiny(...args: string[]): Options {
  const options = parseOptions(['--rounds', '2', '--dir', directory, ...args]);
  assert.ok(options);
  return { ...options, sizes: TINY };
}

async function run(options: Options): Promise<WorkReport[]> {
  return runSession(options, { progress: () => {}, onWork: () => {} });
}

test('every work that runs by default reports figures for the ceiling and leaves nothing behind', async () => {
  const seen: string[] = [];
  const options = tiny('--subjects', 'ceiling');
  const works = await runSession(options, {
    progress: () => {},
    onWork: ({ work }) => seen.push(work),
  });
  assert.deepEqual(seen, [
    'one-stream',
    'four-streams',
    'chunks',
    'large-chunks',
    'checksums',
    'small-create',
    'head',
    'get-same-2',
    'get-same-16',
    'get-different-16',
    'mix',
    'fair',
    'crowd',
    'paused',
  ]);
  for (const { work, rows } of works) {
    assert.equal(rows.length, 1, work);
    const [row] = rows;
    assert.ok(row);
    assert.equal(row.error, undefined, `${work}: ${row.error}`);
    assert.equal(row.subject, 'ceiling');
    assert.equal(row.rounds, 2, work);
    const { figures } = row;
    const rate = figures.mibPerSecond ?? figures.perSecond ?? figures.besideMibPerSecond;
    assert.ok(rate !== undefined && rate > 0, `${work} has no rate`);
    assert.equal(figures.versusCeiling, work === 'paused' ? undefined : 1, work);
  }
  assert.deepEqual(readdirSync(directory), []);
});

test('a server that cannot be reached costs its own row and not those of the others', async () => {
  const against = ['--against', 'http://127.0.0.1:9/files/'];
  const [work] = await run(tiny('--work', 'head', '--subjects', 'ceiling', ...against));
  const rows = work?.rows ?? [];
  assert.deepEqual(
    rows.map(({ subject, rounds }) => [subject, rounds]),
    [
      ['ceiling', 2],
      ['127.0.0.1:9', 0],
    ],
  );
  assert.equal(rows[0]?.error, undefined);
  assert.match(rows[1]?.error ?? '', /ECONNREFUSED/);
});

test('a bare socket receives what the load client sends', async () => {
  const options = tiny('--work', 'chunks,small-create,head,mix,fair', '--subjects', 'raw');
  for (const { work, rows } of await run(options)) {
    assert.deepEqual([rows[0]?.rounds, rows[0]?.error], [2, undefined], work);
  }
});

test('another build of the daemon takes turns with this one, in the same mode', async () => {
  const daemon = NODE_ARGS.at(-1)!;
  const both = ['--daemon', daemon, '--beside', daemon, '--fsync', 'never'];
  const [work] = await run(tiny('--work', 'head', '--subjects', 'ours', ...both));
  assert.deepEqual(
    work?.rows.map(({ subject, rounds, error }) => [subject, rounds, error]),
    [
      ['ours (fsync never)', 2, undefined],
      ['beside (fsync never)', 2, undefined],
    ],
  );
  const missing = tiny('--work', 'head', '--subjects', 'ceiling', '--beside', 'no-such-build.js');
  await assert.rejects(run(missing), /--beside: there is no .*no-such-build\.js/);
});

test('the client is measured alone, against a sink', async () => {
  const options = tiny('--work', 'chunks,get-same-2', '--subjects', 'ceiling,limit');
  for (const { work, rows } of await run(options)) {
    const limit = rows.find(({ subject }) => subject === 'client limit');
    assert.equal(limit?.error, undefined, work);
    assert.ok((limit?.figures.versusCeiling ?? 0) > 0, work);
  }
});

test('the work "huge" reports memory and removes what it wrote', async () => {
  const [work] = await run(tiny('--work', 'huge', '--subjects', 'ceiling'));
  const [row] = work?.rows ?? [];
  assert.equal(row?.error, undefined);
  assert.ok((row?.figures.mibPerSecond ?? 0) > 0);
  assert.deepEqual(readdirSync(directory), []);
});

test('put sends what the load client sends, and is compared with it', async () => {
  const daemon = ['--daemon', NODE_ARGS.at(-1)!, '--fsync', 'never', '--rounds', '1'];
  const [work] = await run(tiny('--work', 'put', '--subjects', 'ours,ceiling', ...daemon));
  const rows = work?.rows ?? [];
  assert.deepEqual(
    rows.map(({ subject, rounds, error }) => [subject.split(': ')[1], rounds, error]),
    [
      ['the load client', 1, undefined],
      ['put', 1, undefined],
      ['put --checksum none', 1, undefined],
      ['the load client, 4 streams', 1, undefined],
      ['put, 4 files', 1, undefined],
      ['put, 4 parts of a file', 1, undefined],
    ],
  );
  for (const { figures } of rows) assert.ok((figures.keptPercent ?? 0) > 0);
  assert.deepEqual(readdirSync(directory), []);
});

test('a report is a Markdown table with a column for each figure that occurs', () => {
  const text = renderWork({
    work: 'head',
    title: '40 HEADs',
    rows: [
      { subject: 'ours', rounds: 2, figures: { perSecond: 12_345.6, versusStock: 3 } },
      { subject: 'stock', rounds: 0, figures: {}, error: 'it ended' },
    ],
    notes: ['a note'],
  });
  assert.equal(
    text,
    [
      '### head: 40 HEADs',
      '',
      '|       |   op/s | × stock |',
      '|-------|-------:|--------:|',
      '| ours  | 12,346 |    3.00 |',
      '| stock |      – |       – |',
      '',
      '- a note',
      '- stock: it ended',
    ].join('\n'),
  );
});

test('options that make no sense are refused with a sentence', () => {
  assert.throws(() => parseOptions(['--work', 'headd']), /there is no work "headd"/);
  assert.throws(() => parseOptions(['--rounds', '0']), /"0" is not above 0/);
  assert.throws(() => parseOptions(['--fsync', 'maybe']), /there is no fsync mode "maybe"/);
  assert.throws(() => parseOptions(['--against', 'example.org']), /must be an http:\/\/ URL/);
  assert.equal(parseOptions(['--help']), null);
});

test('the figures of quick and full runs come from the same works', () => {
  const names = (options: Options | null) => options?.works.map(({ name }) => name);
  assert.deepEqual(names(parseOptions(['--quick'])), names(parseOptions([])));
});
