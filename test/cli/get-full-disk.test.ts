import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { mountSmallDisk, needingMounts } from '../faults/disk/small-disk.ts';
import { NODE_ARGS } from '../support/command.ts';
import { sha256Of, sha256OfFile } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';

const MIB = 2 ** 20;

test(
  'get onto a full disk says so, and continues when there is room',
  needingMounts(),
  async (t) => {
    const bytes = Buffer.alloc(3 * MIB, 'content');
    const server = createServer(({ headers }, response) => {
      const from = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0);
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(from > 0 ? 206 : 200, {
        ETag: '"v1"',
        'Content-Length': bytes.length - from,
        ...(from > 0 ? { 'Content-Range': range } : {}),
      });
      response.end(bytes.subarray(from));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const disk = await mountSmallDisk(t, '4m');
    disk.fill(MIB);
    const state = `XDG_STATE_HOME=${temporaryFolder(t)}`;
    const get = [...NODE_ARGS, 'get', `http://127.0.0.1:${port}/x`, join(disk.folder, 'a.bin')];
    const fetch = async () => {
      const running = disk.run('env', [state, 'LANG=C.UTF-8', process.execPath, ...get]);
      return { code: await running.ended, output: running.output() };
    };
    const full = await fetch();
    assert.equal(full.code, 74, full.output);
    assert.match(full.output, /no space is left for .*a\.bin\.part/);
    assert.equal(existsSync(join(disk.seen, 'a.bin')), false);
    disk.makeRoom();
    const done = await fetch();
    assert.equal(done.code, 0, done.output);
    assert.equal(await sha256OfFile(join(disk.seen, 'a.bin')), sha256Of(bytes));
  },
);
