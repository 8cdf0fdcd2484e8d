import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCommandStore } from '../../src/storage/store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { metadataOf } from '../support/uploads.ts';
import { mountSmallDisk, needingMounts } from './disk/small-disk.ts';
import { compiledProgram } from './support/program.ts';

const SIZE = 2_000_000;

test(
  'a file that a full disk does not take waits, leaves nothing there, and arrives once there is room',
  needingMounts(),
  async (t) => {
    const disk = await mountSmallDisk(t, '4m');
    const folder = temporaryFolder(t);
    const uploadDir = join(folder, 'uploads');
    const configFile = join(folder, 'config.json');
    const deliver = { to: `${disk.folder}/{name}`, how: 'move' };
    writeFileSync(configFile, JSON.stringify({ port: 0, uploadDir, deliver }));
    disk.fill(SIZE / 2);
    const before = disk.freeBytes();
    const { main } = compiledProgram();
    const daemon = disk.run(process.execPath, [main, 'serve', '--config', configFile]);
    const url = await daemon.ready();
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': String(SIZE),
        'upload-metadata': metadataOf({ filename: 'a.bin' }),
        'content-type': 'application/offset+octet-stream',
      },
      body: Buffer.alloc(SIZE, 97),
    });
    assert.equal(answer.status, 201, 'the client is not concerned');
    await answer.body?.cancel();

    const store = await openCommandStore({ uploadDir });
    t.after(() => store.close());
    const one = async () => (await store.placements.list({}))[0];
    const failed = await until('it has failed', async () => {
      const placement = await one();
      return (placement?.attempts ?? 0) > 0 && placement;
    });
    assert.match(failed.lastError ?? '', /no space left on the disk/);
    assert.deepEqual(readdirSync(disk.seen), ['ballast'], 'a part of the file takes no room');
    assert.ok(disk.freeBytes() >= before - 65_536);
    await until('the log says so', () =>
      /rule deliver: no space left on the disk while delivering to/.test(daemon.output()),
    );

    disk.makeRoom();
    const place = join(disk.seen, 'a.bin');
    await until('it arrives', () => existsSync(place));
    assert.ok(readFileSync(place).equals(Buffer.alloc(SIZE, 97)));
    await until('it is recorded', async () => (await one())?.state === 'placed');
  },
);
