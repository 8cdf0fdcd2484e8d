import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import {
  bodyLength,
  deferLengthHeader,
  header,
  lengthHeader,
  listHeader,
  mediaType,
  offsetHeader,
} from '../../src/protocol/tus/headers.ts';

function request(headers: Record<string, string | string[]>): IncomingMessage {
  const lines = Object.entries(headers).map(([name, value]) =>
    [value].flat().map((one) => [name, one]),
  );
  return { headers, rawHeaders: lines.flat(2) } as unknown as IncomingMessage;
}

const HUGE = ['9007199254740992', '99999999999999999999', '1'.repeat(400)];

test('a number has one spelling', () => {
  const length = (text: string) => lengthHeader(request({ 'upload-length': text }));
  const offset = (text: string) => offsetHeader(request({ 'upload-offset': text }));
  for (const text of ['0', '7', '10', '9007199254740991']) {
    assert.equal(length(text), Number(text));
    assert.equal(offset(text), Number(text));
  }
  const wrong = ['', '-1', '+1', '1.0', '1e3', '0x1', ' 1', '1 ', '1,1', '1, 1', '१', 'NaN', '-0'];
  for (const text of [...wrong, '00', '007', '01', '1_000', '0b1', 'Infinity', '1\t']) {
    const refused = { code: 'BAD_REQUEST', status: 400 };
    assert.throws(() => length(text), refused, JSON.stringify(text));
    assert.throws(() => offset(text), refused, JSON.stringify(text));
  }
});

test('a length beyond every number is too large, an offset is one that no upload has', () => {
  for (const text of HUGE) {
    const given = request({ 'upload-length': text, 'upload-offset': text });
    assert.throws(() => lengthHeader(given), { code: 'TOO_LARGE', status: 413 }, text);
    assert.equal(offsetHeader(given), Number.POSITIVE_INFINITY);
  }
});

test('a length may be left out, an offset may not', () => {
  assert.equal(lengthHeader(request({})), undefined);
  assert.throws(() => offsetHeader(request({})), { code: 'BAD_REQUEST' });
});

test('a header that stands twice says one thing, or is refused', () => {
  const same = request({ 'upload-offset': ['1', '1'], 'upload-length': ['5', '5'] });
  assert.equal(header(same, 'upload-offset'), '1');
  assert.equal(offsetHeader(same), 1);
  assert.equal(lengthHeader(same), 5);
  const other = request({ 'upload-offset': ['1', '2'], 'content-type': ['a/b', 'c/d'] });
  assert.throws(() => header(other, 'upload-offset'), { code: 'BAD_REQUEST' });
  assert.throws(() => offsetHeader(other), { code: 'BAD_REQUEST' });
  assert.throws(() => mediaType(other), { code: 'BAD_REQUEST' });
});

test('the lines of a list are one list, in which a doubled line counts once', () => {
  const given = request({ list: ['a YQ==', 'b Yg==', 'a YQ=='] });
  assert.equal(listHeader(given, 'list'), 'a YQ==,b Yg==');
  assert.equal(listHeader(request({}), 'list'), undefined);
});

test('a media type is compared without its case and parameters', () => {
  const type = (text: string) => mediaType(request({ 'content-type': text }));
  for (const text of [
    'application/offset+octet-stream',
    'Application/Offset+Octet-Stream',
    'APPLICATION/OFFSET+OCTET-STREAM;charset=utf-8',
    'application/offset+octet-stream ; x="a;b"',
    'application/offset+octet-stream;',
  ]) {
    assert.equal(type(text), 'application/offset+octet-stream', text);
  }
  assert.equal(type(''), '');
  assert.equal(mediaType(request({})), '');
  assert.notEqual(type('application/offset+octet-stream, text/plain'), type('text/plain'));
});

test('Upload-Defer-Length is 1 or is not there', () => {
  assert.equal(deferLengthHeader(request({})), false);
  assert.equal(deferLengthHeader(request({ 'upload-defer-length': '1' })), true);
  assert.equal(deferLengthHeader(request({ 'upload-defer-length': ['1', '1'] })), true);
  for (const text of ['0', 'true', '', '01', '1.0', '+1', '1, 1']) {
    const given = request({ 'upload-defer-length': text });
    assert.throws(() => deferLengthHeader(given), { code: 'BAD_REQUEST' }, text);
  }
});

test('a body has the length that it declares, or none', () => {
  assert.equal(bodyLength(request({ 'content-length': '12' })), 12);
  assert.equal(bodyLength(request({})), 0);
  assert.equal(bodyLength(request({ 'transfer-encoding': 'chunked' })), null);
});
