import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventLine, type RequestLog, requestLine } from '../../src/terminal/log-line.ts';
import { createStyle } from '../../src/terminal/style.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { anyText } from '../support/any-text.ts';

const AT = Date.UTC(2026, 10, 23, 13, 7, 44, 5);
const options = { style: createStyle({ color: false }), timeZone: 'UTC' };
const request: RequestLog = {
  at: AT,
  method: 'PATCH',
  path: '/uploads/files/k3v9QmT4abcdef',
  status: 204,
  id: 'k3v9QmT4abcdef',
  bytes: 812 * 1024 ** 2,
  ms: 66_000,
  address: '10.0.0.5',
  principal: null,
  note: '43 %',
};

test('requests stand in columns below each other', () => {
  const lines = [
    requestLine(
      { ...request, method: 'POST', status: 201, bytes: 0, ms: 4, note: 'holiday.mov (1.9 GiB)' },
      options,
    ),
    requestLine(request, options),
    requestLine(
      { ...request, status: null, bytes: 3_250_586, ms: 2000, note: 'connection reset' },
      options,
    ),
    requestLine({ ...request, method: 'OPTIONS', id: null, bytes: null, ms: 1, note: '' }, options),
  ];
  assert.deepEqual(lines, [
    '13:07:44  POST    201  k3v9QmT4ab…  +0 B           4 ms  10.0.0.5   holiday.mov (1.9 GiB)',
    '13:07:44  PATCH   204  k3v9QmT4ab…  +812 MiB   1 min 6 s  10.0.0.5   43 %',
    '13:07:44  PATCH   ---  k3v9QmT4ab…  +3.1 MiB        2 s  10.0.0.5   connection reset',
    '13:07:44  OPTIONS 204  -                           1 ms  10.0.0.5',
  ]);
});

test('the date stands before the time when it is wanted', () => {
  assert.match(requestLine(request, { ...options, date: true }), /^2026-11-23 13:07:44 {2}PATCH/);
});

test('the status has the colour of its meaning', () => {
  const coloured = { ...options, style: createStyle({ color: true }) };
  const statusOf = (status: number | null) =>
    /\x1b\[(\d+)m(?:\d{3}|---)/.exec(requestLine({ ...request, status }, coloured))?.[1];
  assert.deepEqual([204, 304, 404, 507, null].map(statusOf), ['32', '32', '33', '31', '33']);
});

test('an event is its message, and says so when it is a warning or an error', () => {
  const event = { at: AT, level: 'info', message: 'removed 3 uploads' } as const;
  assert.equal(eventLine(event, options), '13:07:44  removed 3 uploads');
  assert.match(eventLine({ ...event, level: 'warn' }, options), /^13:07:44 {2}warning: removed/);
  assert.match(eventLine({ ...event, level: 'error' }, options), /^13:07:44 {2}error: removed/);
});

test('whatever a client says, a log line is one line that a terminal shows as it is', () => {
  const nasty = fc.oneof(
    anyText(),
    fc.constantFrom('\x1b[2J', 'a\r\nb', '\u202e', '\u009b', '\ufeff', '\u2028', '\ud800'),
  );
  fc.assert(
    fc.property(nasty, nasty, nasty, nasty, (method, id, address, note) => {
      const hostile = { ...request, method, id, address, note };
      const event = { at: AT, level: 'info', message: note } as const;
      for (const line of [requestLine(hostile, options), eventLine(event, options)]) {
        assert.doesNotMatch(
          line,
          /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/u,
        );
      }
    }),
  );
});

test('a note without end is cut', () => {
  const endless = { ...request, note: 'x'.repeat(100_000) };
  assert.ok(displayWidth(requestLine(endless, options)) < 500);
});
