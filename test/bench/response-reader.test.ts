import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Response, ResponseReader } from '../../bench/load/response-reader.ts';

/** Feeds a response in pieces of `size` bytes; returns what came out, and after which byte. */
function read(text: string, size: number, method = 'GET'): { response: Response; at: number } {
  const reader = new ResponseReader();
  reader.expect(method);
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    const response = reader.push(bytes.subarray(at, at + size));
    if (response) return { response, at: Math.min(bytes.length, at + size) };
  }
  return assert.fail('the response was never complete');
}

const CREATED =
  'HTTP/1.1 201 Created\r\nLocation: /files/a\r\nUpload-Offset: 10\r\nContent-Length: 4\r\n\r\nbody';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n';

test('a response is complete with its last byte, however it is cut into pieces', () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    for (const text of [CREATED, CHUNKED]) {
      assert.equal(read(text, size).at, text.length, `${size} bytes at a time`);
    }
    assert.deepEqual(read(CREATED, size).response, {
      status: 201,
      location: '/files/a',
      uploadOffset: 10,
      bodyBytes: 4,
    });
    assert.equal(read(CHUNKED, size).response.bodyBytes, 15);
  }
});

test('a response to HEAD has no body, whatever its Content-Length says', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\nUpload-Offset: 3\r\n\r\n';
  assert.equal(read(head, 1000, 'HEAD').response.uploadOffset, 3);
});

test('an interim response is passed over', () => {
  const text = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nUpload-Offset: 7\r\n\r\n';
  for (const size of [1, 1000]) {
    assert.deepEqual(read(text, size).response.status, 204);
  }
});

test('bytes beyond the response are an error and not the next response', () => {
  const reader = new ResponseReader();
  reader.expect('PATCH');
  assert.throws(() => reader.push(Buffer.from('HTTP/1.1 204 No Content\r\n\r\nxx')), /more than/);
});

test('one reader reads the responses of a kept-alive connection one after the other', () => {
  const reader = new ResponseReader();
  for (const [method, text] of [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
    ['POST', CREATED],
    ['GET', CHUNKED],
    ['POST', CREATED],
  ] as const) {
    reader.expect(method);
    assert.ok(reader.push(Buffer.from(text)), method);
  }
});
