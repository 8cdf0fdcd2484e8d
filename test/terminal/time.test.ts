import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatClock, formatDateTime, formatIso } from '../../src/terminal/time.ts';

const AT = Date.UTC(2026, 10, 23, 12, 7, 44, 5);

test('date and time are in the requested time zone', () => {
  assert.equal(formatDateTime(AT, { timeZone: 'UTC' }), '2026-11-23 12:07:44');
  assert.equal(formatDateTime(AT, { timeZone: 'Europe/Berlin' }), '2026-11-23 13:07:44');
  assert.equal(formatDateTime(AT, { timeZone: 'Asia/Kathmandu' }), '2026-11-23 17:52:44');
  assert.equal(formatDateTime(AT, { timeZone: 'Pacific/Kiritimati' }), '2026-11-24 02:07:44');
});

test('without a time zone the one of the system is used', () => {
  const date = new Date(AT);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  assert.equal(formatClock(AT), clock);
});

test('midnight is 00 and not 24', () => {
  const midnight = Date.UTC(2026, 0, 1);
  assert.equal(formatDateTime(midnight, { timeZone: 'UTC' }), '2026-01-01 00:00:00');
});

test('the clock has seconds unless they are not wanted', () => {
  assert.equal(formatClock(AT, { timeZone: 'UTC' }), '12:07:44');
  assert.equal(formatClock(AT, { timeZone: 'UTC', seconds: false }), '12:07');
});

test('programs get ISO 8601 in UTC', () => {
  assert.equal(formatIso(AT), '2026-11-23T12:07:44.005Z');
});
