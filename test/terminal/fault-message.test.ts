import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import { faultJson, faultMessage } from '../../src/terminal/fault-message.ts';
import { createStyle } from '../../src/terminal/style.ts';

const style = createStyle({ color: false });

test('a failure is a sentence and, below it, what to do', () => {
  const fault = new Fault('CANNOT_LISTEN', 'port 1080 on 127.0.0.1 is already in use', {
    hint: 'Stop the other server, or choose another port: tusd-ts serve --port 1081',
  });
  assert.equal(
    faultMessage(fault, style),
    'tusd-ts: port 1080 on 127.0.0.1 is already in use.\n' +
      '  Stop the other server, or choose another port: tusd-ts serve --port 1081',
  );
});

test('a failure without a hint is one line', () => {
  const fault = new Fault('NOT_FOUND', 'no upload begins with "zz9"');
  assert.equal(faultMessage(fault, style), 'tusd-ts: no upload begins with "zz9".');
});

test('a sentence that ends with a mark of its own gets no second one', () => {
  for (const message of ['Did you mean "x"?', 'It is "so."', 'See (there.)', 'Wait…']) {
    assert.equal(faultMessage({ code: 'X', message }, style), `tusd-ts: ${message}`);
  }
});

test('several mistakes are a line each, and hostile text stays on its line', () => {
  const fault = new Fault('CONFIG', 'there are 2 problems:', {
    details: ['port is "a\\nb".', 'unknown key "x\n\x1b[2J".'],
    hint: 'one\ntwo',
  });
  assert.deepEqual(faultMessage(fault, style).split('\n'), [
    'tusd-ts: there are 2 problems:',
    '  port is "a\\nb".',
    '  unknown key "x\\x0a\\x1b[2J".',
    '  one',
    '  two',
  ]);
  assert.deepEqual(JSON.parse(faultJson(fault)).error, {
    code: 'CONFIG',
    message: 'there are 2 problems:',
    details: fault.details,
    hint: 'one\ntwo',
  });
});

test('a hint of several lines is indented as a whole', () => {
  const text = faultMessage({ code: 'X', message: 'No', hint: 'one\n\ntwo\n' }, style);
  assert.equal(text, 'tusd-ts: No.\n  one\n  two');
});

test('a hostile name in the sentence stays on its line', () => {
  const text = faultMessage(
    { code: 'X', message: 'no upload "\x1b[2J\ntusd-ts: all is well\u202e"', hint: '\x07' },
    style,
  );
  assert.equal(text, 'tusd-ts: no upload "\\x1b[2J\\x0atusd-ts: all is well\\u{202e}".\n  \\x07');
});

test('the name of the program is coloured where colours are on', () => {
  const text = faultMessage({ code: 'X', message: 'No' }, createStyle({ color: true }));
  assert.equal(text, '\x1b[31mtusd-ts:\x1b[39m No.');
});

test('a program gets code, message and hint as JSON, the hint always', () => {
  assert.equal(
    faultJson(new Fault('NOT_FOUND', 'no upload "\u202e"')),
    '{"error":{"code":"NOT_FOUND","message":"no upload \\"\\u202e\\"","details":[],"hint":null}}',
  );
  const { error } = JSON.parse(faultJson({ code: 'IO', message: 'm', hint: 'h' }));
  assert.deepEqual(error, { code: 'IO', message: 'm', details: [], hint: 'h' });
});
