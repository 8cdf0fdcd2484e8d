import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { programVersion } from '../../src/cli/process/version.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('the daemon of a directory is listed while it runs, and not after it has ended', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  const list = async (...args: string[]) => {
    const all = ['daemons', '--upload-dir', folder, ...args];
    const { code, stdout, stderr } = await runCommand(all, { cwd: folder });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const { daemons } = JSON.parse(await list('--json'));
  assert.equal(daemons.length, 1);
  const [{ host, pid, version, startedAt, receiving, lagMs }] = daemons;
  assert.deepEqual(
    [host, pid, version, receiving],
    [hostname(), daemon.child.pid, programVersion(), 0],
  );
  assert.ok(Date.parse(startedAt) <= Date.now());
  assert.ok(lagMs >= 0 && lagMs < 30_000, `${lagMs}`);
  assert.match(await list(), /HOST +PID +VERSION +SINCE +RECEIVING +LAG\n/);
  assert.equal(await daemon.stop(), 0);
  assert.equal(await list(), 'No daemon is alive.\n');
});
