import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHost, readProxyAddress } from '../../src/config/values/address.ts';
import { readBasePath } from '../../src/config/values/base-path.ts';
import { readOrigin, readOrigins } from '../../src/config/values/origin.ts';
import { readRetention } from '../../src/config/values/retention-period.ts';
import { readHookUrl, readPublicUrl } from '../../src/config/values/url.ts';
import { isRefused, outcome } from './readings.ts';

test('a retention is days, in fractions too, or never', () => {
  assert.equal(outcome(readRetention(1)), 86_400_000);
  assert.equal(outcome(readRetention(0.5)), 43_200_000);
  assert.equal(outcome(readRetention('never')), null);
});

test('a retention of 0 is refused with the word for "for ever"', () => {
  assert.match(String(outcome(readRetention(0))), /for ever, write "never"/);
});

test('a retention of zero, less than zero or centuries is refused', () => {
  for (const days of [-1, -0, 1e-12, 36_501, 1e308]) assert.ok(isRefused(readRetention(days)));
});

test('a base path gets a slash at either end', () => {
  for (const path of ['/uploads/files/', 'uploads/files', '/uploads/files', 'uploads/files/']) {
    assert.equal(outcome(readBasePath(path)), '/uploads/files/');
  }
  assert.equal(outcome(readBasePath('/')), '/');
  assert.equal(outcome(readBasePath('/a.b_c~d-9/')), '/a.b_c~d-9/');
});

test('a base path that routing could misread is refused', () => {
  const wrong = ['', '//', '/a//b', '/../', '/a/..', '/./a', '/a?b', '/a#b', '/a%2fb', '/a b'];
  const hostile = ['/a\\b', '/ä/', '/a\0b', '/a\nb', '/*', '/:id', '/...//', `/${'a'.repeat(201)}`];
  for (const path of [...wrong, ...hostile]) assert.ok(isRefused(readBasePath(path)), path);
});

test('an origin is kept as a browser sends it', () => {
  assert.equal(outcome(readOrigin('https://App.Example.org')), 'https://app.example.org');
  assert.equal(outcome(readOrigin('https://a.org:443')), 'https://a.org');
  assert.equal(outcome(readOrigin('http://a.org:8080')), 'http://a.org:8080');
  assert.equal(outcome(readOrigin('http://[::1]:3000')), 'http://[::1]:3000');
  assert.equal(outcome(readOrigin('https://bücher.example')), 'https://xn--bcher-kva.example');
  assert.equal(outcome(readOrigin('capacitor://localhost')), 'capacitor://localhost');
  assert.equal(outcome(readOrigin('*')), '*');
});

test('an origin with a path is refused with the origin to write', () => {
  assert.match(String(outcome(readOrigin('https://a.org/'))), /write "https:\/\/a\.org"/);
  assert.ok(isRefused(readOrigin('https://a.org/app')));
});

test('what is no exact origin is refused', () => {
  const wrong = ['', 'null', 'a.org', '//a.org', 'https://', 'https://*.a.org', 'https://u@a.org'];
  const odd = [
    'https:a.org',
    'https://a.org?x',
    'https://a.org:99999',
    'https://a b',
    'https://a\n',
  ];
  for (const origin of [...wrong, ...odd]) assert.ok(isRefused(readOrigin(origin)), origin);
});

test('"*" stands alone in a list of origins, and doubles count once', () => {
  assert.ok(isRefused(readOrigins(['*', 'https://a.org'])));
  assert.deepEqual(outcome(readOrigins(['https://a.org', 'https://a.org'])), ['https://a.org']);
  assert.deepEqual(outcome(readOrigins([])), []);
});

test('a host is an address or a name, never with a port', () => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost', 'a-b.example.org']) {
    assert.equal(outcome(readHost(host)), host);
  }
  assert.equal(outcome(readHost('[::1]')), '::1');
  for (const host of [
    '',
    ' ',
    'a:80',
    '127.0.0.1:80',
    '256.1.1.1',
    '1.2.3',
    '*',
    'a b',
    '-a',
    'http://a',
  ]) {
    assert.ok(isRefused(readHost(host)), host);
  }
});

test('a trusted proxy is an address or a network', () => {
  for (const proxy of ['127.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8', '0.0.0.0/0', '::/128']) {
    assert.equal(outcome(readProxyAddress(proxy)), proxy);
  }
  for (const proxy of [
    '',
    '*',
    'localhost',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    '10.0.0/8',
    '1.2.3.4 ',
  ]) {
    assert.ok(isRefused(readProxyAddress(proxy)), proxy);
  }
});

test('a public URL gets a trailing slash', () => {
  assert.equal(outcome(readPublicUrl('https://a.org/up')), 'https://a.org/up/');
  assert.equal(outcome(readPublicUrl('https://a.org')), 'https://a.org/');
});

test('a public URL that clients should not see is refused', () => {
  const wrong = ['', 'a.org', '/up', 'ftp://a.org', 'https://u:p@a.org', 'https://a.org/?x=1'];
  const odd = [
    'https://a.org/#x',
    'https://a.org/?',
    'https:a.org',
    'https://a.org/a b',
    ' https://a.org',
  ];
  for (const url of [...wrong, ...odd, 'https://', 'http://a.org:99999', 'https:\\\\a.org']) {
    assert.ok(isRefused(readPublicUrl(url)), url);
  }
});

test("a receiver's URL may have user information and a query, but no fragment", () => {
  assert.equal(outcome(readHookUrl('https://u:p@a.org/h?t=1')), 'https://u:p@a.org/h?t=1');
  for (const url of ['file:///etc/passwd', 'https://a.org/#x', '', 'a.org']) {
    assert.ok(isRefused(readHookUrl(url)), url);
  }
});
