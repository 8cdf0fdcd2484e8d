import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { createCors } from '../../src/http/cors.ts';
import { TUS_CORS_HEADERS } from '../../src/protocol/tus/surface.ts';

/** The headers that an answer gets. */
function answer(
  origins: readonly string[],
  method: string,
  headers: Record<string, string>,
): Record<string, string> {
  const set: Record<string, string> = {};
  const response = { setHeader: (name: string, value: string) => (set[name] = value) };
  const request = { method, headers } as unknown as IncomingMessage;
  createCors(origins, TUS_CORS_HEADERS)(request, response as unknown as ServerResponse);
  return set;
}

const APP = 'https://app.example.org';

test('an origin of the list may read every answer, with its headers', () => {
  const headers = answer([APP], 'PATCH', { origin: APP });
  assert.equal(headers['Access-Control-Allow-Origin'], APP);
  assert.equal(headers['Access-Control-Allow-Credentials'], 'true');
  assert.equal(headers.Vary, 'Origin');
  const exposed = headers['Access-Control-Expose-Headers']?.split(', ') ?? [];
  for (const name of [
    ...['Location', 'Upload-Offset', 'Upload-Length', 'Upload-Metadata', 'Upload-Expires'],
    ...['Upload-Defer-Length', 'Upload-Concat', 'Tus-Resumable', 'Tus-Version', 'Tus-Extension'],
    ...['Tus-Max-Size', 'Tus-Checksum-Algorithm', 'Content-Range', 'Accept-Ranges', 'ETag'],
    ...['Content-Length', 'Content-Disposition', 'Content-Type', 'Last-Modified', 'Date'],
  ]) {
    assert.ok(exposed.includes(name), name);
  }
});

test('an origin that is not of the list gets nothing, and a cache learns that it matters', () => {
  for (const origin of [
    `${APP}.evil.example`,
    'https://evil.example',
    'null',
    'http://app.example.org',
  ]) {
    assert.deepEqual(answer([APP], 'OPTIONS', { origin }), { Vary: 'Origin' }, origin);
  }
  assert.deepEqual(answer([APP], 'GET', {}), { Vary: 'Origin' });
  assert.deepEqual(answer([], 'OPTIONS', { origin: APP }), { Vary: 'Origin' });
});

test('any origin may, where the list says so, but without credentials', () => {
  const headers = answer(['*'], 'OPTIONS', { origin: 'null' });
  assert.equal(headers['Access-Control-Allow-Origin'], '*');
  assert.equal(headers['Access-Control-Allow-Credentials'], undefined);
});

test('a preflight may ask for headers of its own, as long as they are headers', () => {
  const asked = 'x-app-token, upload-length, bad header, "quoted", é';
  const headers = answer([APP], 'OPTIONS', {
    origin: APP,
    'access-control-request-headers': asked,
  });
  const allowed = headers['Access-Control-Allow-Headers']?.split(', ') ?? [];
  assert.ok(allowed.includes('x-app-token'));
  assert.equal(allowed.filter((name) => /upload-length/i.test(name)).length, 1);
  assert.ok(!allowed.some((name) => /[^\w-]/.test(name)));
  assert.equal(headers['Access-Control-Allow-Methods'], 'GET, HEAD, POST, PATCH, DELETE, OPTIONS');
  assert.equal(headers['Access-Control-Max-Age'], '86400');
});
