import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, rangeHolds } from '../../src/http/download/conditions.ts';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 37) / 1000;
const CURRENT = { etag: '"a"', modifiedAt: NOW };
const DATES = [
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
];
const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const NO_DATES = ['yesterday', '784111777', '1994-11-06', 'Sun, 99 Nov 1994 08:49:37 GMT', '', '*'];

const reading = (headers: Record<string, string>) => evaluate(headers, true, CURRENT);
const changing = (headers: Record<string, string>) => evaluate(headers, false, CURRENT);

test('If-Match holds for the very tag, and never for a weak one', () => {
  for (const list of ['"a"', '*', ' "b" , "a"', '"b","a"', '"x,y", "a"', ',"a",']) {
    assert.equal(reading({ 'if-match': list }), 'holds', list);
  }
  for (const list of ['"b"', 'W/"a"', 'W/"a", "b"', 'a', '"A"', '"a', 'W/*', '"*"', '"b, a"']) {
    assert.equal(reading({ 'if-match': list }), 'failed', list);
    assert.equal(changing({ 'if-match': list }), 'failed', list);
  }
});

test('If-None-Match compares weakly: what is known is not sent, and not changed', () => {
  for (const list of ['"a"', 'W/"a"', '*', '"b", W/"a"']) {
    assert.equal(reading({ 'if-none-match': list }), 'not-modified', list);
    assert.equal(changing({ 'if-none-match': list }), 'failed', list);
  }
  for (const list of ['"b"', 'W/"b"', 'a']) {
    assert.equal(reading({ 'if-none-match': list }), 'holds', list);
    assert.equal(changing({ 'if-none-match': list }), 'holds', list);
  }
});

test('dates are read in their three forms, to the second, and anything else is ignored', () => {
  for (const date of [...DATES, AFTER]) {
    assert.equal(reading({ 'if-modified-since': date }), 'not-modified', date);
    assert.equal(changing({ 'if-modified-since': date }), 'holds', date);
    assert.equal(reading({ 'if-unmodified-since': date }), 'holds', date);
  }
  assert.equal(reading({ 'if-modified-since': BEFORE }), 'holds');
  assert.equal(reading({ 'if-unmodified-since': BEFORE }), 'failed');
  assert.equal(changing({ 'if-unmodified-since': BEFORE }), 'failed');
  for (const date of NO_DATES) {
    assert.equal(reading({ 'if-modified-since': date }), 'holds', date);
    assert.equal(reading({ 'if-unmodified-since': date }), 'holds', date);
  }
});

test('a tag that is given makes the date beside it irrelevant', () => {
  assert.equal(reading({ 'if-match': '"a"', 'if-unmodified-since': BEFORE }), 'holds');
  assert.equal(reading({ 'if-none-match': '"b"', 'if-modified-since': AFTER }), 'holds');
  assert.equal(reading({ 'if-match': '"b"', 'if-none-match': '"a"' }), 'failed');
  assert.equal(reading({ 'if-match': '"a"', 'if-none-match': '"a"' }), 'not-modified');
});

test('where nothing is, no tag matches; what has no tag is still there', () => {
  assert.equal(evaluate({ 'if-match': '*' }, false, null), 'failed');
  assert.equal(evaluate({ 'if-none-match': '*' }, false, null), 'holds');
  assert.equal(evaluate({ 'if-unmodified-since': BEFORE }, false, null), 'holds');
  const untagged = { etag: null, modifiedAt: NOW };
  assert.equal(evaluate({ 'if-match': '*' }, false, untagged), 'holds');
  assert.equal(evaluate({ 'if-match': '""' }, false, untagged), 'failed');
  assert.equal(evaluate({ 'if-match': 'null' }, false, untagged), 'failed');
});

test('If-Range holds for exactly what is there', () => {
  for (const given of [undefined, '', '"a"', ...DATES])
    assert.ok(rangeHolds(given, CURRENT), given);
  for (const given of ['"b"', 'W/"a"', 'a', '*', BEFORE, AFTER, ...NO_DATES.slice(0, 4)]) {
    assert.equal(rangeHolds(given, CURRENT), false, given);
  }
});

test('a list of a hundred thousand characters is read quickly', () => {
  for (const part of ['"', 'W/', '"b', ' ,', 'W/"']) {
    assert.equal(reading({ 'if-match': part.repeat(100_000 / part.length) }), 'failed');
  }
});
