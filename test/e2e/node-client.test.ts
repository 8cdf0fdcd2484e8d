import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Upload } from 'tus-js-client';
import { runCommand, startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { makeFile, sha256OfFile, sha256OfUrl, type TestFile } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { uploadAll, uploadUntil } from '../support/tus-client.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

test('tus-js-client in Node uploads real files to the real command', async (t) => {
  const folder = temporaryFolder(t);
  const files = temporaryFolder(t);
  // Longer than the 32 MiB after which the daemon begins a sync.
  const large = await makeFile(files, 'large.bin', 40 * MIB);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  const commands = commandsOn(folder);
  const endpoint = daemon.url;

  /** The bytes are those of the file, on the disk and in a download; then the upload goes. */
  async function assertArrived(url: string, file: TestFile): Promise<void> {
    const path = `${folder}/tus/${url.split('/').at(-1)}`;
    assert.equal(await sha256OfFile(path), file.sha256, 'on the disk');
    assert.equal(await sha256OfUrl(url), file.sha256, 'in a download');
    await Upload.terminate(url);
    assert.equal(existsSync(path), false);
  }

  await t.test('before the first upload list is empty and inspect knows nothing', async () => {
    const [listed, inspected] = await Promise.all([
      commands.list(),
      runCommand(['inspect', '--upload-dir', folder, '--json', 'zz9']),
    ]);
    assert.deepEqual(listed, []);
    assert.equal(inspected.code, 66);
    assert.equal(JSON.parse(inspected.stderr).error.code, 'NOT_FOUND');
  });

  for (const size of [0, 1]) {
    await t.test(`a file of ${size} bytes arrives`, async () => {
      const file = await makeFile(files, `${size}.bin`, size);
      await assertArrived(await uploadAll(file, { endpoint }), file);
    });
  }

  await t.test('40 MiB arrive, and list and inspect show them', async () => {
    const metadata = { filename: 'Größe & Maß.bin', filetype: 'application/octet-stream' };
    const url = await uploadAll(large, { endpoint, metadata });
    const [[listed], inspected] = await Promise.all([
      commands.list('--state', 'finished', '--limit', '1'),
      commands.inspect(url),
    ]);
    assert.equal(listed?.name, metadata.filename);
    assert.equal(listed?.id, inspected.id);
    assert.equal(inspected.status, 'finished');
    assert.equal(inspected.sizeOnDisk, large.size);
    assert.equal(inspected.expiresAt, null);
    assert.deepEqual(
      inspected.metadata.map(({ key, text }) => [key, text]),
      Object.entries(metadata),
    );
    assert.equal(await sha256OfFile(inspected.path), large.sha256);
    await assertArrived(url, large);
  });

  await t.test('40 MiB that are aborted in the middle are resumed where they stopped', async () => {
    const url = await uploadUntil(large, 20 * MIB, { endpoint, metadata: { filename: 'half' } });
    await until('the daemon releases the upload', () => /PATCH +---/.test(daemon.output()));
    const [half, all] = await Promise.all([commands.inspect(url), commands.list()]);
    const listed = all.find(({ id }) => id === half.id);
    assert.equal(half.beingWritten, false);
    // Which of the two depends on how soon the command looked.
    assert.match(half.status, /^(?:receiving|stalled)$/);
    assert.equal(half.length, large.size);
    assert.ok(half.offset !== null && half.offset > 0 && half.offset < large.size);
    assert.equal(half.sizeOnDisk, half.offset);
    assert.equal(listed?.id, half.id);
    assert.equal(listed?.offset, half.offset);

    const sent: number[] = [];
    const resumed = await uploadAll(large, {
      uploadUrl: url,
      onBeforeRequest: (request) => {
        if (request.getMethod() === 'PATCH') sent.push(Number(request.getHeader('Upload-Offset')));
      },
    });
    assert.deepEqual(sent, [half.offset]);
    const { timeline } = await commands.inspect(resumed);
    const parts = timeline.filter((entry) => entry.event === 'received');
    assert.ok(parts.some((part) => part.interrupted === 'reset'));
    assert.equal(parts.at(-1)?.to, large.size);
    await assertArrived(resumed, large);
  });

  await t.test('a stream that declares its length last is as long as its bytes', async () => {
    // Not a file stream: of that the client would ask the length beforehand.
    const stream = Readable.from(createReadStream(large.path));
    const options = { endpoint, uploadLengthDeferred: true, chunkSize: 10 * MIB };
    const url = await uploadAll(stream, options);
    const { length, timeline } = await commands.inspect(url);
    assert.equal(length, large.size);
    assert.ok(timeline.some((entry) => entry.event === 'length-declared'));
    await assertArrived(url, large);
  });

  for (const [parallelUploads, size] of [
    [4, 40 * MIB],
    [8, 16 * MIB + 7],
  ] as const) {
    await t.test(`a file in ${parallelUploads} parallel parts is one file`, async () => {
      const file = size === large.size ? large : await makeFile(files, 'parallel.bin', size);
      const metadata = { filename: `parallel-${parallelUploads}` };
      const url = await uploadAll(file, { endpoint, parallelUploads, metadata });
      const { kind, parts, name } = await commands.inspect(url);
      assert.equal(kind, 'final');
      assert.equal(name, metadata.filename);
      assert.equal(parts.length, parallelUploads);
      await assertArrived(url, file);
      for (const { id } of parts) await Upload.terminate(endpoint + id);
    });
  }

  await t.test('after all of it only the memory of removed uploads is left', async () => {
    const [left, removed] = await Promise.all([
      commands.list(),
      commands.list('--state', 'removed'),
    ]);
    assert.deepEqual(left, []);
    assert.ok(removed.every(({ removedWhy }) => removedWhy === 'terminated'));
    assert.equal(await daemon.stop(), 0);
  });
});
