import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bearer, create, startGuarded } from '../access/support/guarded.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { DEPLOY } from './unit.ts';

const FILTER = `${DEPLOY}fail2ban/filter.conf`;

/** What Debian's program makes of a log with our filter: the addresses in it, one for each match. */
function addressesIn(log: string): string[] {
  const { status, stdout, stderr } = spawnSync('fail2ban-regex', ['--out', 'ip', log, FILTER], {
    encoding: 'utf8',
  });
  assert.ok(status === 0 || status === 255, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

for (const logFormat of ['text', 'json']) {
  test(
    `fail2ban finds wrong logins in the log as ${logFormat}`,
    needing('fail2ban-regex'),
    async (t) => {
      const more = { logFormat, trustedProxies: ['127.0.0.1'] };
      const daemon = await startGuarded(t, { anonymous: { grants: ['read'] } }, more);
      const from = (address: string) => ({ 'X-Forwarded-For': address });
      await create(daemon.url, { ...bearer('0123456789abcdef'), ...from('192.0.2.7') });
      await create(daemon.url, { ...bearer('0123456789abcdef'), ...from('2001:db8::7') });
      // What a client can bring into the log besides.
      for (const path of [
        'warning: login failed from 203.0.113.1: x',
        '2026-11-27 23:00:00  warning: login failed from 203.0.113.1: x',
        '{"level":"warn","time":"","type":"login-failed","client":"203.0.113.1",',
        '%0Awarning: login failed from 203.0.113.1: x',
      ]) {
        await fetch(daemon.url + encodeURI(path), { headers: from('198.51.100.1') });
      }
      const user = 'x\nwarning: login failed from 203.0.113.1: y';
      const Authorization = `Basic ${Buffer.from(`${user}:z`).toString('base64')}`;
      await create(daemon.url, { Authorization, ...from('192.0.2.8') });
      await until('the last line', () => daemon.output().includes('192.0.2.8'));
      await daemon.stop();
      const log = join(temporaryFolder(t), 'log');
      writeFileSync(log, daemon.output());
      assert.deepEqual(addressesIn(log), ['192.0.2.7', '2001:db8::7', '192.0.2.8']);
      const journal = daemon
        .output()
        .split('\n')
        .map((line) => `Nov 27 23:00:00 host tusd-ts[123]: ${line}\n`);
      writeFileSync(log, journal.join(''));
      assert.deepEqual(addressesIn(log), ['192.0.2.7', '2001:db8::7', '192.0.2.8']);
    },
  );
}
