import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStyle, wantsColor } from '../../src/terminal/style.ts';

test('a terminal gets colours and a pipe does not', () => {
  assert.equal(wantsColor({ isTTY: true, env: { TERM: 'xterm-256color' } }), true);
  assert.equal(wantsColor({ isTTY: true, env: {} }), true);
  assert.equal(wantsColor({ isTTY: false, env: { TERM: 'xterm-256color' } }), false);
});

test('NO_COLOR and a dumb terminal turn colours off', () => {
  assert.equal(wantsColor({ isTTY: true, env: { NO_COLOR: '1' } }), false);
  assert.equal(wantsColor({ isTTY: true, env: { NO_COLOR: 'false' } }), false);
  assert.equal(wantsColor({ isTTY: true, env: { TERM: 'dumb' } }), false);
});

test('FORCE_COLOR decides before everything else', () => {
  assert.equal(wantsColor({ isTTY: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }), true);
  assert.equal(wantsColor({ isTTY: false, env: { FORCE_COLOR: '3', TERM: 'dumb' } }), true);
  assert.equal(wantsColor({ isTTY: true, env: { FORCE_COLOR: '0' } }), false);
  assert.equal(wantsColor({ isTTY: true, env: { FORCE_COLOR: 'False' } }), false);
});

test('empty variables count as not set', () => {
  assert.equal(wantsColor({ isTTY: true, env: { NO_COLOR: '', FORCE_COLOR: '' } }), true);
  assert.equal(wantsColor({ isTTY: false, env: { NO_COLOR: '', FORCE_COLOR: '' } }), false);
});

test('styles paint with colours on and leave text alone with colours off', () => {
  const on = createStyle({ color: true });
  const off = createStyle({ color: false });
  assert.equal(on.bad('x'), '\x1b[31mx\x1b[39m');
  assert.equal(on.status.finished('x'), '\x1b[32mx\x1b[39m');
  for (const [name, paint] of Object.entries({ ...off.status, ...off, status: off.ok })) {
    assert.equal(paint('x'), 'x', name);
  }
  for (const [name, paint] of Object.entries({ ...on.status, ...on, status: on.ok })) {
    assert.match(paint('x'), /^(\x1b\[\d+m)x(\x1b\[\d+m)$/, name);
  }
});
