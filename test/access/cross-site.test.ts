import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request as requestTo } from 'node:http';
import { test } from 'node:test';
import { bcrypt } from 'hash-wasm';
import {
  basic,
  bearer,
  created,
  type Headers,
  startGuarded,
  TUS,
  tokenOf,
  tokenSetting,
} from './support/guarded.ts';

const hash = await bcrypt({
  ...{ password: 'secret', salt: Buffer.alloc(16, 7), costFactor: 4, outputType: 'encoded' },
} as const);
const FILES = { users: `alice:${hash}\n` };
const AUTH = { basic: { file: 'users' }, tokens: [tokenSetting('alice')] };
const login = basic('alice', 'secret');
const EVIL = { Origin: 'https://evil.example' };

/** fetch sets the headers of browsers that begin with Sec- by itself. */
async function statusOf(url: string, headers: Headers, method = 'GET'): Promise<number> {
  const request = requestTo(url, { method, headers, agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

/** The statuses of what a page or form of another site can cause a browser to send. */
async function ask(url: string, upload: string, headers: Headers) {
  const send = (method: string, where: string, more: Headers = {}) =>
    statusOf(where, { ...headers, ...more }, method);
  return {
    get: await send('GET', upload),
    head: await send('HEAD', upload),
    form: await send('POST', url, { 'Content-Type': 'text/plain' }),
    post: await send('POST', url, { ...TUS, 'Upload-Length': '0' }),
    patch: await send('PATCH', upload, {
      ...{ ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': '5' },
    }),
  };
}

const REFUSED = { get: 403, head: 403, form: 403, post: 403, patch: 403 };

test('a page of another site cannot use a remembered password unless its origin is listed', async (t) => {
  const listed = { corsOrigins: ['https://app.example.org'] };
  const { url } = await startGuarded(t, AUTH, listed, FILES);
  const upload = await created(url, login);
  assert.deepEqual(await ask(url, upload, { ...login, ...EVIL }), REFUSED);
  assert.deepEqual(await ask(url, upload, { ...login, Origin: 'null' }), REFUSED);
  const crossSite = { ...login, 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };
  assert.deepEqual(await ask(url, upload, crossSite), REFUSED);
  const sameSite = { ...login, 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors' };
  assert.deepEqual(await ask(url, upload, sameSite), REFUSED);
  const app = { ...login, Origin: 'https://app.example.org', 'Sec-Fetch-Site': 'cross-site' };
  const allowed = { get: 200, head: 200, form: 412, post: 201, patch: 204 };
  assert.deepEqual(await ask(url, upload, app), allowed);
  assert.deepEqual(await ask(url, upload, login), allowed, 'another program than a browser');
  const insecure = { ...login, Origin: new URL(url).origin, 'Sec-Fetch-Site': 'cross-site' };
  assert.deepEqual(await ask(url, upload, insecure), REFUSED, 'of the same host, without TLS');
  const own = { ...login, Origin: new URL(url).origin };
  assert.deepEqual(await ask(url, upload, own), allowed, 'a page of the same host');
});

test('"*" opens the door to pages that know a password and not to those that only use the browser', async (t) => {
  const { url } = await startGuarded(t, AUTH, {}, FILES);
  const upload = await created(url, login);
  const answers = await ask(url, upload, { ...login, ...EVIL, 'Sec-Fetch-Site': 'cross-site' });
  // A browser sends post and patch only after a preflight, whose answer allows no credentials of its own.
  assert.deepEqual(answers, { get: 403, head: 403, form: 403, post: 201, patch: 204 });
});

test('a link that a person follows is no attack; a picture of another site is', async (t) => {
  const { url } = await startGuarded(t, AUTH, {}, FILES);
  const upload = await created(url, login);
  const site = { ...login, 'Sec-Fetch-Site': 'cross-site' };
  const followed = { ...site, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  assert.equal(await statusOf(upload, followed), 200);
  const framed = { ...site, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' };
  assert.equal(await statusOf(upload, framed), 403);
  const picture = { ...site, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' };
  assert.equal(await statusOf(upload, picture), 403);
});

test('a token that a page sends is its own, whatever its origin', async (t) => {
  const { url } = await startGuarded(t, AUTH, { corsOrigins: ['https://app.example.org'] }, FILES);
  const upload = await created(url, login);
  const token = { ...bearer(tokenOf('alice')), ...EVIL, 'Sec-Fetch-Site': 'cross-site' };
  assert.equal(await statusOf(upload, token), 200);
});

test("a proxy's session is the browser's, too", async (t) => {
  const auth = { proxy: { header: 'X-User' } };
  const more = { trustedProxies: ['127.0.0.1'], corsOrigins: ['https://app.example.org'] };
  const { url } = await startGuarded(t, auth, more);
  const user = { 'X-User': 'alice' };
  const upload = await created(url, user);
  assert.deepEqual(await ask(url, upload, { ...user, ...EVIL }), REFUSED);
  const behind = { ...user, Origin: 'https://files.example.org' };
  const host = { 'X-Forwarded-Host': 'files.example.org', 'X-Forwarded-Proto': 'https' };
  assert.equal(await statusOf(upload, { ...behind, ...host }), 200);
});
