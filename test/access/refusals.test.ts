import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metadataOf } from '../support/uploads.ts';
import {
  append,
  bearer,
  create,
  created,
  startGuarded,
  TUS,
  tokenOf,
  tokenSetting,
} from './support/guarded.ts';

const ORIGIN = 'https://app.example.org';
const RULES = {
  open: { maxOpenUploads: 1 },
  rate: { maxCreationsPerMinute: 1 },
  day: { maxBytesPerDay: 10 },
  total: { maxTotalSize: 20 },
  small: { maxSize: 3 },
  typed: { types: ['image/*'], names: ['*.jpg'] },
  reader: { grants: ['read'] },
  writer: { grants: ['create'] },
};
const NAMES = [...Object.keys(RULES), 'alice', 'bob'];

/** Whether the answer says when to come again. */
type Again = 'later' | 'never';

async function assertReadable(
  answer: Response,
  status: number,
  text: RegExp,
  again: Again = 'never',
): Promise<Response> {
  const told = await answer.text();
  assert.equal(answer.status, status, told);
  assert.match(told, text);
  assert.match(told, /^[^\n]+\n$/, 'one sentence');
  assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN);
  const exposed = answer.headers.get('access-control-expose-headers')?.split(', ') ?? [];
  for (const name of ['Retry-After', 'Upload-Offset', 'Upload-Expires', 'Location']) {
    assert.ok(exposed.includes(name), name);
  }
  assert.equal(exposed.includes('WWW-Authenticate'), status === 401);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const wait = Number(answer.headers.get('retry-after') ?? Number.NaN);
  assert.equal(wait > 0, again === 'later', `Retry-After ${wait}`);
  return answer;
}

test('a page of another origin reads why a request was refused, and when to come again', async (t) => {
  const auth = { tokens: NAMES.map(tokenSetting), principals: RULES };
  const limits = { maxTotalSize: '1KiB', maxSize: '10GiB', corsOrigins: [ORIGIN] };
  const { url } = await startGuarded(t, auth, limits);
  const as = (name: string) => ({ Origin: ORIGIN, ...bearer(tokenOf(name)) });
  const nobody = { Origin: ORIGIN };
  await assertReadable(await create(url, nobody), 401, /log in/);
  await assertReadable(await create(url, as('eve')), 401, /the token is not valid/);
  await assertReadable(await create(url, as('reader')), 403, /the grant "create"/);
  await assertReadable(await fetch(`${url}x`, { headers: as('writer') }), 403, /grant "read"/);
  const text = { 'Upload-Metadata': metadataOf({ filetype: 'text/plain', filename: 'a.jpg' }) };
  await assertReadable(await create(url, { ...as('typed'), ...text }), 403, /this type/);
  const name = { 'Upload-Metadata': metadataOf({ filetype: 'image/png', filename: 'a.exe' }) };
  await assertReadable(await create(url, { ...as('typed'), ...name }), 403, /this name/);
  const alices = await created(url, as('alice'));
  await assertReadable(await fetch(alices, { headers: as('bob') }), 404, /no such upload/);
  await assertReadable(await append(alices, as('bob'), 0, 'x'), 404, /no such upload/);
  await assertReadable(await create(url, as('small')), 413, /at most 3 bytes/);
  await assertReadable(await create(url, as('alice'), '', 2_000), 507, /the storage has a limit/);
  await assertReadable(await create(url, as('total'), '', 30), 507, /all that you upload/);
  await created(url, as('open'), 'he', 5);
  const open = await create(url, as('open'), 'he', 5);
  await assertReadable(open, 429, /too many uploads are unfinished/, 'later');
  await created(url, as('rate'));
  const rate = await create(url, as('rate'));
  await assertReadable(rate, 429, /too many uploads were created/, 'later');
  const days = await created(url, as('day'), '123456789012345', 20);
  const day = await append(days, as('day'), 10, '1234567890');
  await assertReadable(day, 429, /can be continued tomorrow/, 'later');
  assert.equal(day.headers.get('upload-offset'), '10');
  await assertReadable(await create(url, as('day')), 429, /; try again tomorrow/, 'later');
  const deleted = { method: 'DELETE', headers: { ...TUS, ...as('alice') } };
  assert.equal((await fetch(alices, deleted)).status, 204);
  await assertReadable(await fetch(alices, { headers: as('alice') }), 410, /was removed/);
  let last = await create(url, as('eve'));
  for (let count = 0; count < 5; count++) last = await create(url, as('eve'));
  await assertReadable(last, 429, /too many wrong logins/, 'later');
});
