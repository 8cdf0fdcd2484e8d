import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { deliver, filesBelow } from './support/delivering.ts';

const WAYS = ['move', 'link', 'reflink', 'copy'] as const;

/** Another file system than that of the uploads, where there is one. */
const OTHER_DISK = '/dev/shm';

for (const how of WAYS) {
  for (const disk of ['the same disk', 'another disk'] as const) {
    test(`${how}: a finished upload appears under its own name on ${disk}`, async (t) => {
      if (disk === 'another disk' && !existsSync(OTHER_DISK)) return t.skip(`needs ${OTHER_DISK}`);
      const inbox = disk === 'another disk' ? temporaryFolder(t, OTHER_DISK) : undefined;
      const { send, settled, arrived, content, store, placements } = await deliver(
        t,
        (root) => [{ to: `${root}/{name}`, how }],
        inbox === undefined ? {} : { inbox },
      );
      const id = await send('holiday.mov', 'x'.repeat(100_000));
      await settled();
      assert.deepEqual(arrived(), ['holiday.mov']);
      assert.equal(content('holiday.mov'), 'x'.repeat(100_000));
      const [done] = await placements();
      assert.deepEqual([done?.state, done?.attempts, done?.intent], ['placed', 0, null]);
      assert.equal(existsSync(store.locate(id)), how !== 'move');
      const { record } = await store.find(id);
      assert.equal(record.movedTo?.path, how === 'move' ? done?.path : undefined);
      assert.equal((await store.timeline(record)).at(-1)?.event, 'delivered');
    });
  }
}

test('what conflicts gets a number, also if only case or an accent differs', async (t) => {
  const { send, settled, arrived, inbox, content } = await deliver(t, (root) => [
    { to: `${root}/{name}` },
  ]);
  writeFileSync(join(inbox, 'a.txt'), 'was there');
  for (const name of ['a.txt', 'A.TXT', 'caf\u00e9', 'cafe\u0301', 'x.tar.gz', 'x.tar.gz']) {
    await send(name);
    await settled();
  }
  assert.deepEqual(arrived(), [
    'A (3).TXT',
    'a (2).txt',
    'a.txt',
    'café',
    'café (2)',
    'x (2).tar.gz',
    'x.tar.gz',
  ]);
  assert.equal(content('a.txt'), 'was there');
});

test('replace, keep and refuse do what they say', async (t) => {
  for (const onConflict of ['replace', 'keep', 'refuse'] as const) {
    const { send, settled, arrived, inbox, content, placements, store } = await deliver(
      t,
      (root) => [{ to: `${root}/{name}`, onConflict }],
    );
    writeFileSync(join(inbox, 'a.txt'), 'was there');
    const id = await send('a.txt', 'new');
    await settled();
    assert.deepEqual(arrived(), ['a.txt'], onConflict);
    assert.equal(content('a.txt'), onConflict === 'replace' ? 'new' : 'was there');
    const [one] = await placements();
    const states = { replace: 'placed', keep: 'skipped', refuse: 'pending' };
    assert.equal(one?.state, states[onConflict]);
    assert.equal(existsSync(store.locate(id)), onConflict !== 'replace');
    if (onConflict !== 'refuse') continue;
    assert.match(one?.lastError ?? '', /there is a file called a\.txt already/);
    rmSync(join(inbox, 'a.txt'));
    await store.placements.retry(one!.seq, Date.now());
    await until(
      'it is delivered',
      () => arrived().join() === 'a.txt' && content('a.txt') === 'new',
    );
  }
});

test('mode, time, folders and description are as the rule says', async (t) => {
  const { send, settled, arrived, inbox, content } = await deliver(t, (root) => [
    { to: `${root}/{relativePath}`, mode: '0640', keepTime: true, sidecar: 'json' },
  ]);
  const sent = Date.UTC(2020, 1, 2, 3, 4, 5);
  const metadata = {
    relativePath: 'trip/day 1/a.jpg',
    lastModified: String(sent),
    filetype: 'image/jpeg',
  };
  const id = await send('a.jpg', 'picture', metadata);
  await settled();
  assert.deepEqual(arrived(), ['trip/day 1/a.jpg', 'trip/day 1/a.jpg.json']);
  const stats = statSync(join(inbox, 'trip/day 1/a.jpg'));
  assert.equal(stats.mode & 0o7777, 0o640);
  assert.equal(stats.mtimeMs, sent);
  assert.equal(statSync(join(inbox, 'trip/day 1')).mode & 0o777, 0o750);
  const description = JSON.parse(content('trip/day 1/a.jpg.json'));
  assert.deepEqual(
    [description.id, description.size, description.metadata.filetype, description.rule],
    [id, 7, 'image/jpeg', 'deliver'],
  );
  assert.equal(statSync(join(inbox, 'trip/day 1/a.jpg.json')).mode & 0o777, 0o640);
});

test('files and the folders that are made get the group of the rule', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root');
  for (const how of ['move', 'copy'] as const) {
    const { send, settled, inbox } = await deliver(t, (root) => [
      { to: `${root}/new/{name}`, how, group: 1, mode: '0640', sidecar: 'json' },
    ]);
    await send('a.txt');
    await settled();
    for (const path of ['new', 'new/a.txt', 'new/a.txt.json']) {
      const { gid, mode } = statSync(join(inbox, path));
      assert.deepEqual([gid, mode & 0o777], [1, path === 'new' ? 0o750 : 0o640], path);
    }
  }
});

test('rules choose by media type and metadata; all that match deliver, the one that moves last', async (t) => {
  const { send, settled, arrived } = await deliver(t, (root) => [
    { name: 'all', to: `${root}/all/{name}`, how: 'move' },
    { name: 'images', to: `${root}/images/{name}`, how: 'copy', when: { type: 'IMAGE/*' } },
    {
      name: 'apollo',
      to: `${root}/{metadata.project}/{name}`,
      how: 'link',
      when: { metadata: { project: ['apollo*'] } },
    },
    { name: 'alice', to: `${root}/alice/{name}`, how: 'copy', when: { owner: 'alice' } },
    { name: 'never', to: `${root}/never/{name}`, how: 'move' },
  ]);
  await send('a.png', 'a', { filetype: 'image/png' });
  await send('b.txt', 'b', { filetype: 'text/plain;charset=utf-8', project: 'apollo 11' });
  await settled();
  assert.deepEqual(arrived(), ['all/a.png', 'all/b.txt', 'apollo 11/b.txt', 'images/a.png']);
});

test('no file leaves the root, and no link in it is followed', async (t) => {
  const outside = temporaryFolder(t);
  const { send, settled, inbox, arrived, placements, store } = await deliver(t, (root) => [
    { to: `${root}/{metadata.folder}/{name}`, onConflict: 'replace' },
  ]);
  symlinkSync(outside, join(inbox, 'link'));
  mkdirSync(join(inbox, 'real'));
  symlinkSync(join(outside, 'target'), join(inbox, 'real', 'a.txt'));
  writeFileSync(join(outside, 'target'), 'safe');
  writeFileSync(join(inbox, 'file'), '');
  await send('a.txt', 'through a folder that is a link', { folder: 'link' });
  await send('a.txt', 'over a link', { folder: 'real' });
  await send('a.txt', 'below a file', { folder: 'file' });
  await settled();
  assert.deepEqual(readdirSync(outside), ['target']);
  assert.equal(readFileSync(join(outside, 'target'), 'utf8'), 'safe');
  assert.equal(readFileSync(join(inbox, 'real/a.txt'), 'utf8'), 'over a link');
  const states = (await placements()).map(({ state, lastError }) => `${state} ${lastError ?? ''}`);
  assert.match(states[0]!, /pending a link or a file is where a folder should be/);
  assert.match(states[2]!, /pending a link or a file is where a folder should be/);
  // The way is clear again.
  rmSync(join(inbox, 'link'));
  for (const { seq } of await placements()) await store.placements.retry(seq, Date.now());
  await until('it arrives', () => existsSync(join(inbox, 'link', 'a.txt')));
  assert.ok(arrived().includes('link/a.txt'));
});

test('a folder in the way and a missing permission are tried again, and show', async (t) => {
  const { send, settled, inbox, placements, store, warnings, arrived } = await deliver(
    t,
    (root) => [{ to: `${root}/{name}`, onConflict: 'replace' }],
  );
  mkdirSync(join(inbox, 'a.txt'));
  const id = await send('a.txt', 'x');
  await settled();
  const [failing] = await placements();
  assert.match(failing?.lastError ?? '', /a folder is in the way: .*a\.txt/);
  assert.ok(failing!.nextAt! > Date.now() - 1000);
  assert.match(warnings.join('\n'), /rule deliver: a folder is in the way/);
  const undelivered: string[] = [];
  for await (const one of store.list({ undelivered: true })) undelivered.push(one.id);
  assert.deepEqual(undelivered, [id]);
  assert.deepEqual(
    filesBelow(inbox).filter((path) => !path.startsWith('.tusd-ts')),
    [],
  );
  rmSync(join(inbox, 'a.txt'), { recursive: true });
  await until('it arrives by itself', () => arrived().includes('a.txt'));
});

test('with wait the client is answered when the file is there; a failure does not hold it up', async (t) => {
  const { send, arrived, inbox, placements } = await deliver(t, (root) => [
    { to: `${root}/{name}`, how: 'copy', wait: true, onConflict: 'refuse' },
  ]);
  await send('a.txt');
  assert.ok(arrived().includes('a.txt'));
  writeFileSync(join(inbox, 'b.txt'), '');
  await send('b.txt');
  assert.deepEqual(
    (await placements()).map(({ attempts }) => attempts),
    [0, 1],
  );
});

test('a rule that comes last does not make its client wait while an earlier one fails', async (t) => {
  const { send, inbox, arrived } = await deliver(t, (root) => [
    { name: 'copy', to: `${root}/copies/{name}`, how: 'copy', onConflict: 'refuse' },
    { name: 'move', to: `${root}/{name}`, how: 'move', wait: true },
  ]);
  mkdirSync(join(inbox, 'copies'));
  writeFileSync(join(inbox, 'copies', 'a.txt'), 'was there');
  await send('a.txt');
  assert.ok(!arrived().includes('a.txt'));
  rmSync(join(inbox, 'copies', 'a.txt'));
  await until('it arrives by itself', () => arrived().includes('a.txt'));
});

test('an upload that was removed before is not delivered', async (t) => {
  const { send, settled, inbox, store, arrived, placements } = await deliver(t, (root) => [
    { to: `${root}/{name}`, onConflict: 'refuse' },
  ]);
  writeFileSync(join(inbox, 'a.txt'), 'was there');
  const id = await send('a.txt');
  await settled();
  const { origin } = (await store.find(id)).record;
  await store.terminate(id, { origin, request: null });
  rmSync(join(inbox, 'a.txt'));
  const [one] = await placements();
  await store.placements.retry(one!.seq, Date.now());
  await until('it is given up', async () => (await placements())[0]?.state === 'skipped');
  assert.deepEqual(arrived(), []);
  assert.match((await placements())[0]?.lastError ?? '', /removed/);
});

test('a stored file that is not what was received is not delivered', async (t) => {
  const { make, append, store, arrived, placements, settled } = await deliver(t, (root) => [
    { to: `${root}/{name}`, how: 'copy' },
  ]);
  const { id } = await make({ length: 3, metadata: { filename: 'a.txt' } });
  await append(id, Buffer.from('ab'));
  writeFileSync(store.locate(id), 'xx');
  await append(id, Buffer.from('c'));
  await settled();
  assert.match((await placements())[0]?.lastError ?? '', /not what was received: its CRC-32/);
  assert.deepEqual(arrived(), []);
});
