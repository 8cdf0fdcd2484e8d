import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stockTarget } from '../../conformance/servers/stock-target.ts';
import { cutConnections } from '../clients/cutting-relay.ts';
import { startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { makeFile, sha256Of, sha256OfUrl } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { transferPlace } from '../support/transfer.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;
/** Options with which 20 MiB take as long as a test may wait. */
const SLOW = ['--limit-rate', '2MiB', '--chunk-size', '512KiB'];

/** Finds the id of an upload that is new from now on, once more than a MiB of it has arrived. */
function watch(uploads: string): () => string | undefined {
  const folder = join(uploads, 'tus');
  const before = new Set(readdirSync(folder));
  return () =>
    readdirSync(folder).find(
      (name) => !before.has(name) && statSync(join(folder, name)).size > MIB,
    );
}

test('put sends files, folders and standard input to the real daemon', async (t) => {
  const uploads = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', uploads]);
  const commands = commandsOn(uploads);
  const place = transferPlace(t);
  const { folder } = place;

  await t.test('a file arrives; its URL is all that is printed', async () => {
    const file = await makeFile(folder, 'Größe & Maß.bin', 9 * MIB + 7);
    const args = ['put', 'Größe & Maß.bin', daemon.url];
    const { code, stdout, stderr } = await place.start(args).ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^http:\S+\n$/);
    assert.equal(await sha256OfUrl(stdout.trim()), file.sha256);
    assert.equal((await commands.inspect(stdout.trim())).name, 'Größe & Maß.bin');
  });

  for (const [flags, size] of [
    [['--parallel', '4'], 33 * MIB + 5],
    [['--checksum', 'none'], 5 * MIB],
    [['--checksum', 'sha256', '--chunk-size', '1MiB'], 5 * MIB + 1],
    [[], 0],
    [[], 1],
  ] as const) {
    await t.test(`${size} bytes arrive with ${flags.join(' ') || 'no options'}`, async () => {
      const file = await makeFile(folder, 'file.bin', size);
      const { code, stdout } = await place.run(['put', ...flags, '--json', 'file.bin', daemon.url]);
      assert.equal(code, 0);
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const done = events.find(({ event }) => event === 'done');
      assert.equal(done.compared, 'crc32');
      assert.equal(await sha256OfUrl(done.url), file.sha256);
    });
  }

  await t.test('a folder keeps its structure, and equal files are all sent', async () => {
    mkdirSync(join(folder, 'tree', 'sub'), { recursive: true });
    writeFileSync(join(folder, 'tree', 'a.txt'), 'same');
    cpSync(join(folder, 'tree', 'a.txt'), join(folder, 'tree', 'sub', 'a.txt'), {
      preserveTimestamps: true,
    });
    writeFileSync(join(folder, 'tree', 'empty'), '');
    const { code, stdout, stderr } = await place.run(['put', 'tree', daemon.url]);
    assert.equal(code, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('  ') as [string, string]);
    const names = lines.map(([, name]) => name).sort();
    assert.deepEqual(names, ['tree/a.txt', 'tree/empty', 'tree/sub/a.txt']);
    assert.equal(new Set(lines.map(([url]) => url)).size, 3);
    for (const [url, name] of lines) {
      const { metadata } = await commands.inspect(url);
      assert.equal(metadata.find(({ key }) => key === 'relativePath')?.text, name);
    }
    assert.match(stderr, /^3 sent \(8 B in /);
  });

  await t.test('standard input arrives, whatever its length is', async () => {
    for (const size of [0, 5, 8 * MIB, 8 * MIB + 1, 17 * MIB]) {
      const bytes = Buffer.alloc(size, 'stream');
      const args = ['put', '-', daemon.url, '--metadata', 'filename=in.txt', '--metadata', 'empty'];
      const real = size > 8 * MIB;
      const { code, stdout } = await (real
        ? place.start(args, bytes).ended
        : place.run(args, bytes));
      assert.equal(code, 0);
      assert.equal(await sha256OfUrl(stdout.trim()), sha256Of(bytes), `${size}`);
      assert.equal((await commands.inspect(stdout.trim())).name, 'in.txt');
    }
  });

  await t.test('when all went well nothing is remembered, and the file is sent again', async () => {
    assert.deepEqual(readdirSync(join(place.state, 'tusd-ts', 'put')), []);
    await makeFile(folder, 'again.bin', 1000);
    const first = await place.run(['put', 'again.bin', daemon.url]);
    const second = await place.run(['put', 'again.bin', daemon.url]);
    assert.notEqual(first.stdout, second.stdout);
  });

  await t.test(
    'what is missing is named, everything else is sent, and only that again',
    async () => {
      await makeFile(folder, 'one.bin', 1000);
      const first = await place.run(['put', 'one.bin', 'missing.bin', daemon.url]);
      assert.equal(first.code, 1);
      assert.match(first.stderr, /^failed {2}missing\.bin: there is no file missing\.bin$/m);
      await makeFile(folder, 'missing.bin', 1000);
      const second = await place.run(['put', 'one.bin', 'missing.bin', daemon.url]);
      assert.equal(second.code, 0);
      assert.match(second.stderr, /^1 sent \(1000 B in .*\), 1 sent earlier\.$/m);
      assert.ok(second.stdout.includes(first.stdout.split('  ')[0]!));
      const { stdout } = await place.run(['put', 'missing', daemon.url]);
      assert.equal(stdout, '');
    },
  );

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    await t.test(`after ${signal} the same command continues, also on a moved file`, async () => {
      const file = await makeFile(folder, `${signal}.bin`, 24 * MIB);
      const arriving = watch(uploads);
      const first = place.start(['put', `${signal}.bin`, daemon.url, ...SLOW]);
      const begun = await until('some MiB have arrived', arriving);
      first.signal(signal);
      assert.equal((await first.ended).code, signal === 'SIGINT' ? 130 : null);
      mkdirSync(join(folder, `moved-${signal}`));
      renameSync(join(folder, `${signal}.bin`), join(folder, `moved-${signal}`, `${signal}.bin`));
      const moved = `moved-${signal}/${signal}.bin`;
      const { code, stdout } = await place.run(['put', moved, daemon.url]);
      assert.equal(code, 0);
      assert.equal(stdout.trim().split('/').at(-1), begun);
      assert.equal(await sha256OfUrl(stdout.trim()), file.sha256);
    });
  }

  await t.test('a file that was altered meanwhile is sent anew', async () => {
    await makeFile(folder, 'altered.bin', 23 * MIB);
    const arriving = watch(uploads);
    const first = place.start(['put', 'altered.bin', daemon.url, ...SLOW]);
    await until('some MiB have arrived', arriving);
    first.signal('SIGINT');
    await first.ended;
    const before = (await commands.list()).length;
    const file = await makeFile(folder, 'altered.bin', 24 * MIB);
    const { stdout } = await place.run(['put', 'altered.bin', daemon.url]);
    assert.equal(await sha256OfUrl(stdout.trim()), file.sha256);
    assert.equal((await commands.list()).length, before + 1);
  });

  await t.test('through a proxy that cuts every few MiB all bytes arrive', async () => {
    const port = await cutConnections(t, Number(new URL(daemon.url).port), 3 * MIB);
    const file = await makeFile(folder, 'cut.bin', 20 * MIB);
    const url = daemon.url.replace(/:\d+/, `:${port}`);
    for (const checksum of ['auto', 'none']) {
      const { code, stdout } = await place.run(['put', 'cut.bin', url, '--checksum', checksum]);
      assert.equal(code, 0);
      const arrived = stdout.trim().replace(/:\d+/, `:${new URL(daemon.url).port}`);
      assert.equal(await sha256OfUrl(arrived), file.sha256);
    }
  });

  await t.test('two put of the same file: the second is refused', async () => {
    await makeFile(folder, 'twice.bin', 24 * MIB);
    const args = ['put', 'twice.bin', daemon.url];
    const first = place.start([...args, '--limit-rate', '4MiB']);
    await until('it is locked', () => {
      return readdirSync(join(place.state, 'tusd-ts', 'put')).some((name) => /\.lock$/.test(name));
    });
    const second = await place.run(args);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /another tusd-ts is at work on .*twice\.bin/);
    first.signal('SIGTERM');
    assert.equal((await first.ended).code, 143);
  });
});

test('put sends to stock @tus/server', async (t) => {
  const stock = await stockTarget();
  t.after(() => stock.close?.());
  const place = transferPlace(t);
  const file = await makeFile(place.folder, 'file.bin', 5 * MIB + 3);
  const url = stock.url.replace(/\/$/, '');
  const { code, stdout } = await place.run(['put', 'file.bin', url, '--parallel', '3', '--json']);
  assert.equal(code, 0);
  const done = JSON.parse(
    stdout
      .trim()
      .split('\n')
      .find((line) => line.includes('"done"'))!,
  );
  assert.equal(done.compared, 'size');
  assert.equal(await sha256OfUrl(done.url), file.sha256);
  const bytes = Buffer.alloc(9 * MIB, 'x');
  const streamed = await place.run(['put', '-', url], bytes);
  assert.equal(streamed.code, 0, streamed.stderr);
  assert.equal(await sha256OfUrl(streamed.stdout.trim()), sha256Of(bytes));
});
