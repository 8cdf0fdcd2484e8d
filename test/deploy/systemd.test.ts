import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FILE_NAMES } from '../../src/config/file/find-file.ts';
import { loadConfig, SYSTEM_FOLDER } from '../../src/config/load.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { DEPLOY, unitSettings } from './unit.ts';

const UNIT = 'tusd-ts.service';
const DROP_INS = ['tusd-ts-hooks.conf', 'tusd-ts-static-user.conf'];

/** The unit in a folder of its own, with a drop-in beside it. */
function installed(t: TestContext, dropIn?: string): string {
  const folder = temporaryFolder(t);
  copyFileSync(DEPLOY + UNIT, join(folder, UNIT));
  if (dropIn !== undefined) {
    mkdirSync(join(folder, `${UNIT}.d`));
    copyFileSync(DEPLOY + dropIn, join(folder, `${UNIT}.d`, dropIn));
  }
  return join(folder, UNIT);
}

for (const dropIn of [undefined, ...DROP_INS]) {
  const name = dropIn === undefined ? 'the unit' : `the unit with ${dropIn}`;
  test(`${name} has nothing that systemd would ignore`, needing('systemd-analyze'), (t) => {
    const verified = spawnSync('systemd-analyze', ['verify', installed(t, dropIn)], {
      encoding: 'utf8',
    });
    assert.deepEqual([verified.status, verified.stdout + verified.stderr], [0, '']);
  });
}

test('the socket unit has nothing that systemd would ignore', needing('systemd-analyze'), (t) => {
  const folder = dirname(installed(t));
  copyFileSync(`${DEPLOY}tusd-ts.socket`, join(folder, 'tusd-ts.socket'));
  const verified = spawnSync('systemd-analyze', ['verify', join(folder, 'tusd-ts.socket')], {
    encoding: 'utf8',
  });
  assert.deepEqual([verified.status, verified.stdout + verified.stderr], [0, '']);
  assert.equal(unitSettings('tusd-ts.socket').get('ListenStream'), '127.0.0.1:1080');
});

test('systemd counts the exposure of the unit as 2.0 or less', needing('systemd-analyze'), (t) => {
  const args = ['security', '--offline=true', '--threshold=20', '--no-pager', installed(t)];
  const told = execFileSync('systemd-analyze', args, { encoding: 'utf8' });
  const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(told) ?? [];
  assert.ok(Number(exposure) <= 2, exposure);
});

test('the unit and a command of root read the same file, and find the same uploads', async () => {
  const unit = unitSettings(UNIT);
  const [, named] = / --config (\S+)$/.exec(unit.get('ExecStart') ?? '') ?? [];
  assert.equal(named, join(SYSTEM_FOLDER, FILE_NAMES[0]));
  const { config } = await loadConfig({
    ...{ cwd: '/', env: {}, configPath: join(DEPLOY, FILE_NAMES[0]) },
  });
  assert.equal(config.uploadDir, `/var/lib/${unit.get('StateDirectory')}`);
  assert.equal(unit.get('WorkingDirectory'), config.uploadDir);
});

test('systemd waits for the daemon, reloads it, and notices when it hangs', () => {
  const unit = unitSettings(UNIT);
  assert.equal(unit.get('Type'), 'notify');
  // systemd-notify is a child of the daemon.
  assert.equal(unit.get('NotifyAccess'), 'all');
  assert.ok(Number(unit.get('WatchdogSec')) > 0);
  assert.equal(unit.get('ExecReload'), '/bin/kill -HUP $MAINPID');
});

test('the unit gives a drain its time, and names its lines in the journal', async () => {
  const unit = unitSettings(UNIT);
  const { config } = await loadConfig({ cwd: '/', env: {}, systemFolder: '/nonexistent' });
  assert.ok(Number(unit.get('TimeoutStopSec')) * 1000 > config.drainTimeoutMs);
  assert.equal(unit.get('SyslogIdentifier'), 'tusd-ts');
});
