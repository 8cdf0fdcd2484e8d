import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayCarrySecrets, resolveLocation } from '../../src/transfer/http/credentials.ts';
import { retryAfterSeconds } from '../../src/transfer/http/retry-after.ts';

test('secrets go to the same host and port, or to the same host by https', () => {
  for (const [trusted, target, may] of [
    ['http://host/files/', 'http://host/other', true],
    ['http://host:1080/', 'http://host:1080/x', true],
    ['http://host/', 'https://host/', true],
    ['https://host/', 'http://host/', false],
    ['http://host:1080/', 'http://host:1081/', false],
    ['http://host:1080/', 'https://host/', false],
    ['http://host/', 'http://host.example/', false],
    ['http://host/', 'http://sub.host/', false],
  ] as const) {
    assert.equal(mayCarrySecrets(new URL(trusted), new URL(target)), may, `${trusted} ${target}`);
  }
});

test('a server that does not know of its TLS is still reached by it', () => {
  for (const [location, base, url] of [
    ['24e5', 'http://host/files/', 'http://host/files/24e5'],
    ['/x/24e5', 'https://host:8443/files/', 'https://host:8443/x/24e5'],
    ['http://host/files/24e5', 'https://host/files/', 'https://host/files/24e5'],
    ['http://host/files/24e5', 'https://host:8443/files/', 'https://host:8443/files/24e5'],
    ['http://host:1080/files/24e5', 'https://host/files/', 'http://host:1080/files/24e5'],
    ['http://cdn/24e5', 'https://host/files/', 'http://cdn/24e5'],
  ] as const) {
    assert.equal(resolveLocation(location, new URL(base)).href, url);
  }
});

test('Retry-After is a number of seconds or a date', () => {
  const now = Date.UTC(2026, 10, 23, 13);
  for (const [header, seconds] of [
    ['120', 120],
    [' 0 ', 0],
    ['Mon, 23 Nov 2026 13:00:30 GMT', 30],
    ['Mon, 23 Nov 2026 12:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    assert.equal(retryAfterSeconds(header, now), seconds, header);
  }
});
