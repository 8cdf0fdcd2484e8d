import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { assertPairing } from '../../src/config/storage/pairing.ts';
import { ROOT } from '../support/script.ts';
import { needing } from '../support/tools.ts';

const FOLDER = join(ROOT, 'deploy', 'scale-out');

for (const file of ['haproxy.cfg', 'haproxy.compose.cfg']) {
  test(`HAProxy takes deploy/scale-out/${file}`, needing('haproxy'), () => {
    const { status, stderr } = spawnSync('haproxy', ['-c', '-f', join(FOLDER, file)], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
}

test('the two differ in the addresses of the daemons alone', () => {
  const lines = (file: string) =>
    readFileSync(join(FOLDER, file), 'utf8')
      .split('\n')
      .filter((line) => !/^ *server|^resolvers|^ *nameserver|^ *# Docker|^$/.test(line));
  assert.deepEqual(lines('haproxy.compose.cfg'), lines('haproxy.cfg'));
});

test('the configuration of the compose file is one, with the variables that it sets', async () => {
  const compose = readFileSync(join(FOLDER, 'compose.yaml'), 'utf8');
  const env = { S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', DATABASE_URL: 'postgres://u@database/u' };
  for (const name of Object.keys(env)) assert.match(compose, new RegExp(`^ +${name}: `, 'm'));
  const configPath = join(FOLDER, 'upload-daemon.config.json');
  const loaded = await loadConfig({ cwd: '/', env, configPath });
  assertPairing(loaded);
  const [, subnet] = /subnet: ([\d./]+)/.exec(compose) ?? [];
  assert.match(readFileSync(configPath, 'utf8'), new RegExp(subnet!));
});
