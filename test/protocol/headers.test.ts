import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import {
  bodyLength,
  deferLengthHeader,
  header,
  integerHeader,
} from '../../src/protocol/tus/headers.ts';

function request(headers: Record<string, string | string[]>): IncomingMessage {
  const distinct = Object.entries(headers).map(([name, value]) => [name, [value].flat()]);
  return { headers, headersDistinct: Object.fromEntries(distinct) } as unknown as IncomingMessage;
}

test('a number is digits and nothing else', () => {
  const read = (text: string) => integerHeader(request({ 'upload-length': text }), 'upload-length');
  assert.equal(read('0'), 0);
  assert.equal(read('007'), 7);
  assert.equal(read('9007199254740991'), Number.MAX_SAFE_INTEGER);
  assert.equal(integerHeader(request({}), 'upload-length'), undefined);
  for (const text of ['', '-1', '+1', '1.0', '1e3', '0x1', ' 1', '1,1', '1, 1', '१', 'NaN']) {
    assert.throws(() => read(text), { code: 'BAD_REQUEST' }, JSON.stringify(text));
  }
  for (const text of ['9007199254740992', '1'.repeat(400)]) {
    assert.throws(() => read(text), { code: 'TOO_LARGE', status: 413 }, text);
  }
});

test('a header that stands twice is no header', () => {
  const twice = request({ 'upload-offset': ['1', '1'] });
  assert.throws(() => header(twice, 'upload-offset'), { code: 'BAD_REQUEST' });
  assert.throws(() => integerHeader(twice, 'upload-offset'), { code: 'BAD_REQUEST' });
});

test('Upload-Defer-Length is 1 or is not there', () => {
  assert.equal(deferLengthHeader(request({})), false);
  assert.equal(deferLengthHeader(request({ 'upload-defer-length': '1' })), true);
  for (const text of ['0', 'true', '', '01']) {
    const given = request({ 'upload-defer-length': text });
    assert.throws(() => deferLengthHeader(given), { code: 'BAD_REQUEST' }, text);
  }
});

test('a body has the length that it declares, or none', () => {
  assert.equal(bodyLength(request({ 'content-length': '12' })), 12);
  assert.equal(bodyLength(request({})), 0);
  assert.equal(bodyLength(request({ 'transfer-encoding': 'chunked' })), null);
});
