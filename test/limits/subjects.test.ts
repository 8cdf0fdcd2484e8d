import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNLIMITED } from '../../src/limits/limits.ts';
import { addressKey, countFor, namedSubjects } from '../../src/limits/subjects.ts';

test('an IPv4 address is a subject of its own', () => {
  assert.equal(addressKey('192.0.2.7'), 'address:192.0.2.7');
});

test('the addresses of an IPv6 network of 64 bits are one subject, however they are written', () => {
  const network = 'address:2001:db8:0:7::/64';
  for (const address of [
    '2001:db8:0:7::1',
    '2001:db8:0:7:ffff:ffff:ffff:ffff',
    '2001:DB8:0:7::',
    '2001:0db8:0000:0007:0:0:0:1',
    '2001:db8::7:0:0:0:1',
    '2001:db8:0:7::192.0.2.1',
  ]) {
    assert.equal(addressKey(address), network, address);
  }
  assert.equal(addressKey('2001:db8:0:8::1'), 'address:2001:db8:0:8::/64');
  assert.equal(addressKey('::1'), 'address:0:0:0:0::/64');
  assert.equal(addressKey('fe80::1%eth0'), 'address:fe80:0:0:0::/64');
});

test('subjects are named for one request', () => {
  const origin = { protocol: 'test', address: '192.0.2.7', agent: null };
  const request = {};
  const link = { key: 'link:1', limits: UNLIMITED };
  countFor(request, [link]);
  assert.deepEqual(namedSubjects({ origin, request }), [link]);
  assert.deepEqual(namedSubjects({ origin, request: {} }), []);
  assert.deepEqual(namedSubjects({ origin, request: null }), []);
});
