import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonLines } from '../../src/cli/serve/json-lines.ts';
import type { RequestRecord } from '../../src/http/request-record.ts';
import { anyText } from '../support/any-text.ts';

const AT = Date.UTC(2026, 10, 23, 13, 7, 44, 5);
const TIME = '2026-11-23T13:07:44.005Z';
const lines = jsonLines();
const request: RequestRecord = {
  at: AT,
  requestId: '5f0c',
  method: 'PATCH',
  path: '/uploads/files/k3v9QmT4abcdef',
  status: 204,
  code: null,
  id: 'k3v9QmT4abcdef',
  bytes: 812 * 1024 ** 2,
  body: 'direct',
  ms: 66_000.4,
  address: '10.0.0.5',
  principal: null,
  note: '43 %',
};

test('a request has raw numbers, an ISO time and the whole id', () => {
  const { at, ms, ...rest } = request;
  assert.deepEqual(JSON.parse(lines.request({ ...request, status: null })), {
    type: 'request',
    time: TIME,
    level: 'warn',
    ...rest,
    status: null,
    durationMs: 66_000,
  });
});

test('an event has its level and its message', () => {
  assert.deepEqual(JSON.parse(lines.event(AT, 'warn', 'a "quoted" %s name')), {
    type: 'event',
    time: TIME,
    level: 'warn',
    message: 'a "quoted" %s name',
  });
});

test('an unexpected error is one event with its stack', () => {
  const { message, level } = JSON.parse(lines.bug(AT, new Error('broken')));
  assert.equal(level, 'error');
  assert.match(message, /^Error: broken\n {4}at /);
});

test('whatever a client says, a line is one line that a terminal shows as it is', () => {
  const nasty = fc.oneof(
    anyText(),
    fc.constantFrom('\x1b[2J', 'a\r\nb', '\u202e', '\u009b', '\ufeff', '\u2028', '\ud800'),
  );
  fc.assert(
    fc.property(nasty, nasty, nasty, (text, address, note) => {
      const hostile = { ...request, method: text, path: text, id: text, requestId: text };
      for (const line of [
        lines.request({ ...hostile, address, note }),
        lines.event(AT, 'info', note),
        lines.happened(AT, 'info', { type: 'removed', id: text, name: note, bytes: 1, reason: '' }),
      ]) {
        assert.doesNotMatch(
          line,
          /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/u,
        );
      }
      assert.equal(JSON.parse(lines.request({ ...request, note })).note, note);
    }),
  );
});

test('a note without end is whole', () => {
  const endless = { ...request, note: 'x'.repeat(100_000) };
  assert.equal(JSON.parse(lines.request(endless)).note.length, 100_000);
});
