import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configFolder, FILE } from '../config/config-folder.ts';
import { runCli } from '../support/cli-host.ts';

const AUTH = {
  everyone: { grants: ['read'] },
  principals: {
    alice: {
      grants: ['create', 'append'],
      maxSize: '1GiB',
      types: ['image/*'],
      maxOpenUploads: 7,
      maxLifetimeDays: 1,
    },
  },
};

test('config --effective-for says what somebody may do, and where that stands', async (t) => {
  const cwd = await configFolder(t, { [FILE]: { auth: AUTH, maxSize: '2GiB' } });
  const of = async (name: string) => {
    const { stdout } = await runCli(['config', '--effective-for', name, '--json'], { cwd });
    return JSON.parse(stdout);
  };
  assert.deepEqual(await of('alice'), {
    ...{ principal: 'alice', from: 'auth.principals', grants: ['create', 'append'] },
    ...{ maxSize: 2 ** 30, maxOpenUploads: 7, maxCreationsPerMinute: null, maxBytesPerDay: null },
    ...{ maxTotalSize: null, maxBandwidth: null, maxLifetimeMs: 86_400_000 },
    ...{ types: ['image/*'], names: [] },
  });
  const nobody = await of('__proto__');
  assert.deepEqual(
    [nobody.from, nobody.grants, nobody.maxSize],
    ['auth.everyone', ['read'], 2 ** 31],
  );
  const anonymous = await of('anonymous');
  assert.deepEqual([anonymous.from, anonymous.grants], ['auth.anonymous', []]);
  const { stdout } = await runCli(['config', '--effective-for', 'alice'], { cwd });
  assert.match(
    stdout,
    /^alice {2}by auth\.principals\n {2}grants +create, append\n {2}largest upload +1 GiB\n/,
  );
  const wrong = await runCli(['config', '--effective-for', 'link:x'], { cwd });
  assert.equal(wrong.code, 64);
});

test('without auth everyone may do everything, and config says so', async (t) => {
  const cwd = await configFolder(t);
  const { stdout } = await runCli(['config', '--effective-for', 'alice'], { cwd });
  assert.match(stdout, /auth is not set: everyone may do everything/);
});
