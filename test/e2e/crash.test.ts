import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checksum } from '../../conformance/digest.ts';
import { beginPatch } from '../../conformance/interrupted.ts';
import { finalOf } from '../../conformance/joined.ts';
import { foreignTarget, type Target } from '../../conformance/target.ts';
import { append, begin, create, head, offsetOf, patch } from '../../conformance/tus.ts';
import { startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { makeFile, sha256Of, sha256OfFile, sha256OfUrl } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { uploadAll } from '../support/tus-client.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

const idOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);
const filename = (name: string) => `filename ${Buffer.from(name).toString('base64')}`;

test('a daemon that is killed in the middle loses nothing that it had acknowledged', async (t) => {
  const folder = temporaryFolder(t);
  const commands = commandsOn(folder);
  const file = await makeFile(temporaryFolder(t), 'file.bin', 24 * MIB);
  const bytes = await readFile(file.path);
  const args = ['--upload-dir', folder];

  const first = await startDaemon(t, args);
  const before = foreignTarget(first.url);
  const finished = await uploadAll(file, { endpoint: first.url });
  const length = { 'Upload-Length': String(file.size) };
  const url = await begin(before, { ...length, 'Upload-Metadata': filename('killed.bin') });
  await append(before, url, 0, bytes.subarray(0, 8 * MIB));
  const parts = [
    await begin(
      before,
      { 'Upload-Length': '5', 'Upload-Concat': 'partial' },
      {
        body: Buffer.from('early'),
        headers: { 'Content-Type': 'application/offset+octet-stream' },
      },
    ),
    await begin(before, { 'Upload-Length': '4', 'Upload-Concat': 'partial' }),
  ];
  const final = await create(before, { 'Upload-Concat': finalOf(parts) });
  assert.equal(final.status, 201);
  const verified = await begin(before, { 'Upload-Length': '100' });
  await append(before, verified, 0, Buffer.alloc(40, 1));

  // Two transfers are running when it dies: a plain one, and one whose checksum is never seen.
  const wire = await beginPatch(before, url, 16 * MIB, bytes.subarray(8 * MIB, 13 * MIB), {
    'Upload-Offset': String(8 * MIB),
  });
  const unverified = await beginPatch(before, verified, 60, Buffer.alloc(30, 2), {
    'Upload-Offset': '40',
    'Upload-Checksum': checksum('sha1', Buffer.alloc(60, 2)),
  });
  await until('5 MiB more are there', async () => (await offsetOf(before, url)) === 13 * MIB);
  const pathOf = (url: string) => join(folder, 'tus', idOf(url));
  await until('30 bytes are in the file', async () => {
    return (await stat(pathOf(verified))).size === 70;
  });

  await t.test('while they are being written, inspect and cleanup see it', async () => {
    const [running, unsure, { uploads }] = await Promise.all([
      commands.inspect(url),
      commands.inspect(verified),
      commands.cleanup('--dry-run'),
    ]);
    assert.equal(running.beingWritten, true);
    assert.equal(running.name, 'killed.bin');
    assert.equal(running.offset, 13 * MIB);
    assert.equal(unsure.offset, 40);
    const why = new Map(uploads.map(({ id, reason }) => [id, reason.code]));
    assert.equal(why.get(idOf(url)), 'writing');
  });

  await first.kill();
  wire.close();
  unverified.close();

  await t.test('while no daemon runs, every byte is known and cleanup takes nothing', async () => {
    const [dead, { summary }] = await Promise.all([commands.inspect(url), commands.cleanup()]);
    assert.equal(dead.offset, 13 * MIB);
    assert.equal(dead.sizeOnDisk, 13 * MIB);
    assert.equal(summary.removed, 0);
    assert.equal((await commands.list('--parts')).length, 6);
    assert.equal(await sha256OfFile(pathOf(finished)), file.sha256);
  });

  const second = await startDaemon(t, args);
  const after = foreignTarget(second.url);
  const again = (old: string) => second.url + idOf(old);

  await t.test('after the restart the upload goes on where it stopped', async () => {
    const seen = await commands.inspect(url);
    assert.deepEqual([seen.beingWritten, seen.offset], [false, 13 * MIB]);
    const offsets: (string | undefined)[] = [];
    await uploadAll(file, {
      uploadUrl: again(url),
      onBeforeRequest: (request) => {
        if (request.getMethod() === 'PATCH') offsets.push(request.getHeader('Upload-Offset'));
      },
    });
    assert.deepEqual(offsets, [String(13 * MIB)]);
    assert.equal(await sha256OfUrl(again(url)), file.sha256);
    const done = await commands.inspect(url);
    assert.deepEqual([done.status, done.name], ['finished', 'killed.bin']);
    assert.equal(await sha256OfFile(done.path), file.sha256);
  });

  await t.test('after the restart what was never verified does not count', async () => {
    assert.equal(await offsetOf(after, again(verified)), 40);
    assert.equal((await patch(after, again(verified), 40, Buffer.alloc(60, 3))).status, 204);
    const expected = Buffer.concat([Buffer.alloc(40, 1), Buffer.alloc(60, 3)]);
    assert.equal(await sha256OfUrl(again(verified)), sha256Of(expected));
  });

  await t.test('after the restart a final upload is completed by its last part', async () => {
    await append(after, again(parts[1] ?? ''), 0, Buffer.from('late'));
    const url = new URL(final.headers.get('location') ?? '', second.url).href;
    await until('the final upload is joined', async () => {
      return (await head(after, url)).headers.get('upload-offset') === '9';
    });
    assert.equal(await (await fetch(url)).text(), 'earlylate');
  });

  await t.test('after all of it cleanup takes what nobody needs and no finished file', async () => {
    const abandoned = await begin(after, { 'Upload-Length': '9' });
    await idleForASecond();
    const { uploads } = await commands.cleanup('--older-than', '1s');
    const removed = uploads.filter(({ action }) => action === 'removed').map(({ id }) => id);
    assert.deepEqual(removed.sort(), [abandoned, ...parts].map(idOf).sort());
    const left = await commands.list();
    assert.deepEqual(
      left.map(({ status }) => status),
      ['finished', 'finished', 'finished', 'finished'],
    );
    assert.equal(await second.stop(), 0);
  });
});

/** Whatever was active before is past `--older-than 1s` then. */
async function idleForASecond(): Promise<void> {
  const since = Date.now();
  await until('a second has gone by', () => Date.now() - since > 1_000);
}

test('cleanup in another process never removes what is being written', async (t) => {
  const folder = temporaryFolder(t);
  const commands = commandsOn(folder);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  const target: Target = foreignTarget(daemon.url);
  const content = Buffer.from('a slow client sends this in pieces');
  const url = await begin(target, { 'Upload-Length': String(content.length) });
  const wire = await beginPatch(target, url, content.length, content.subarray(0, 10));
  await until('the first bytes are there', async () => (await offsetOf(target, url)) === 10);
  await idleForASecond();

  for (const mode of [['--dry-run'], []]) {
    const { uploads, summary } = await commands.cleanup('--older-than', '1s', ...mode);
    assert.equal(summary.removed, 0);
    const decided = uploads.map(({ action, id, reason }) => [action, id, reason.code]);
    const action = mode.length > 0 ? 'would-keep' : 'kept';
    assert.deepEqual(decided, [[action, idOf(url), 'writing']]);
  }
  wire.write(content.subarray(10, 20));
  await until('more bytes are there', async () => (await offsetOf(target, url)) === 20);
  const busy = await commands.cleanup('--older-than', '1s');
  assert.equal(busy.summary.removed, 0);

  wire.write(content.subarray(20));
  assert.equal((await wire.reply()).status, 204);
  assert.equal(await (await fetch(url)).text(), content.toString());
  const finished = await commands.cleanup('--older-than', '1s');
  assert.equal(finished.summary.removed, 0);
  assert.equal((await commands.inspect(url)).status, 'finished');
  assert.equal(await daemon.stop(), 0);
});
