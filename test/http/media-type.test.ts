import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMediaType } from '../../src/http/download/media-type.ts';

test('a media type is read with its parameters', () => {
  for (const [text, essence, parameters] of [
    ['text/plain', 'text/plain', ''],
    [' IMAGE/PNG ', 'image/png', ''],
    ['video/webm;codecs=vp8', 'video/webm', '; codecs=vp8'],
    ['video/webm; codecs="vp8, opus"', 'video/webm', '; codecs="vp8, opus"'],
    [
      'Text/Plain ;\tCharset=ISO-8859-1 ; format=flowed',
      'text/plain',
      '; charset=ISO-8859-1; format=flowed',
    ],
    ['a/b; x="a;b\\"c"', 'a/b', '; x="a;b\\"c"'],
    ['image/svg+xml', 'image/svg+xml', ''],
  ] as const) {
    assert.deepEqual(parseMediaType(text), { essence, parameters }, text);
  }
});

test('what is not a media type from its first to its last character is none', () => {
  for (const text of [
    ...[
      '',
      'text',
      '/plain',
      'text/',
      'text/plain;',
      'text/plain;a',
      'text/plain;a=',
      'text/plain; =b',
    ],
    ...[
      'text/plain;a="b',
      'text/plain;a="b"c',
      'text/plain;a=b c',
      'text/plain,text/html',
      'a/b c',
    ],
    ...['text/plain;a=b\r\nX: y', 'text/plain\n;a=b', 'text/plain;a="\r\n"', 'text/plain;a="\0"'],
    ...['text/plain;a="ä"', 'text/plain;ä=b', 'text/plain;a=b;', `a/b;c=${'d'.repeat(300)}`],
    ...[`${'a'.repeat(65)}/b`, '<script>/x'],
  ]) {
    assert.equal(parseMediaType(text), undefined, JSON.stringify(text));
  }
});

test('no text takes long to read', () => {
  for (const part of ['.', ';', '"', '\\', ' ', ';a=', ';a="', '; ']) {
    assert.equal(parseMediaType(`text/plain;a="${part.repeat(240)}`), undefined);
    assert.equal(parseMediaType(`text/plain;a="${part.repeat(100_000)}`), undefined);
  }
});
