import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailedLogins } from '../../src/access/failed-logins.ts';
import { bearer, create, startGuarded, tokenOf, tokenSetting } from './support/guarded.ts';

test('an address waits longer after each wrong login, and begins anew after a quarter of an hour', () => {
  let now = 0;
  const logins = new FailedLogins(() => now);
  const waits = Array.from({ length: 8 }, () => logins.failed('192.0.2.1'));
  assert.deepEqual(waits, [0, 0, 0, 0, 0, 1, 2, 4]);
  for (let count = 0; count < 30; count++) logins.failed('192.0.2.1');
  assert.equal(logins.wait('192.0.2.1'), 300);
  assert.equal(logins.wait('192.0.2.2'), 0);
  now += 299_000;
  assert.equal(logins.wait('192.0.2.1'), 1);
  now += 1_000;
  assert.equal(logins.wait('192.0.2.1'), 0);
  now += 900_000;
  assert.equal(logins.failed('192.0.2.1'), 0);
});

test('a network of IPv6 is one address, however it is written', () => {
  const logins = new FailedLogins(() => 0);
  for (let count = 0; count < 10; count++) logins.failed(`2001:db8:0:7::${count}`);
  assert.ok(logins.wait('2001:DB8::7:1:2:3:4') > 0);
  assert.ok(logins.wait('2001:0db8:0000:0007::9') > 0);
  assert.equal(logins.wait('2001:db8:0:8::1'), 0);
  assert.equal(logins.wait('::1'), 0);
});

test('100,000 addresses take the memory of 10,000, and the newest are the ones that are known', () => {
  const logins = new FailedLogins(() => 0);
  for (let count = 0; count < 100_000; count++) {
    const address = `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`;
    for (let wrong = 0; wrong < 6; wrong++) logins.failed(address);
  }
  assert.equal(logins.size, 10_000);
  assert.equal(logins.wait('10.0.0.1'), 0);
  assert.equal(logins.wait('10.1.134.159'), 1);
});

test('a thousand wrong logins are counted in the log, and others are served meanwhile', async (t) => {
  const more = { trustedProxies: ['127.0.0.1'] };
  const daemon = await startGuarded(t, { tokens: [tokenSetting('alice')] }, more);
  const attack = async (from: number) => {
    for (let count = 0; count < 125; count++) {
      const headers = { ...bearer(`guess-${from}-${count}-0123456789`) };
      const address = { 'X-Forwarded-For': `198.51.${from}.${count % 250}` };
      const { status } = await create(daemon.url, { ...headers, ...address });
      assert.ok(status === 401 || status === 429, String(status));
    }
  };
  const attackers = Promise.all(Array.from({ length: 8 }, (_, from) => attack(from)));
  for (let count = 0; count < 10; count++) {
    assert.equal((await create(daemon.url, bearer(tokenOf('alice')))).status, 201);
  }
  await attackers;
  await daemon.stop();
  const lines = daemon.output().match(/login failed from/g) ?? [];
  assert.ok(lines.length >= 100 && lines.length < 400, String(lines.length));
});
