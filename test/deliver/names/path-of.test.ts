import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PathTemplate, readPathTemplate } from '../../../src/config/deliver/path-template.ts';
import { pathOf } from '../../../src/deliver/names/path-of.ts';
import { formatMetadata } from '../../../src/storage/model/metadata.ts';
import { anyText } from '../../support/any-text.ts';

function template(text: string): PathTemplate {
  const reading = readPathTemplate(text);
  assert.ok('value' in reading, 'problem' in reading ? reading.problem : '');
  return reading.value;
}

function facts(metadata: Record<string, string> = {}, owner: string | null = null) {
  const pairs = Object.entries(metadata).map(([key, value]) => ({
    key,
    value: Buffer.from(value),
  }));
  const finishedAt = Date.UTC(2026, 10, 27, 23, 59);
  return {
    id: 'abc123',
    metadata: formatMetadata(pairs),
    createdAt: 0,
    finishedAt,
    owner,
    wantedPath: null,
  };
}

test('the placeholders are filled from the upload', () => {
  const to = template('/srv/inbox/{owner}/{date}/{metadata.project}/{id}-{name}');
  assert.equal(to.root, '/srv/inbox');
  const path = pathOf(to, facts({ filename: 'a.txt', project: 'Apollo 11' }, 'alice'));
  assert.deepEqual(path, ['alice', '2026-11-27', 'Apollo 11', 'abc123-a.txt']);
});

test('what is not known has a name, too', () => {
  const to = template('/srv/inbox/{owner}/{metadata.project}/{name}');
  assert.deepEqual(pathOf(to, facts()), ['anonymous', 'unknown', 'abc123']);
});

test('{relativePath} keeps the folders of a folder upload, and nothing that leads out of them', () => {
  const to = template('/srv/inbox/{owner}/{relativePath}');
  const pathFor = (relativePath: string) => pathOf(to, facts({ filename: 'x.txt', relativePath }));
  assert.deepEqual(pathFor('photos/2026/a.jpg'), ['anonymous', 'photos', '2026', 'a.jpg']);
  assert.deepEqual(pathFor('photos\\2026\\a.jpg'), ['anonymous', 'photos', '2026', 'a.jpg']);
  assert.deepEqual(pathFor('/../../etc//./passwd'), ['anonymous', 'etc', 'passwd']);
  assert.deepEqual(pathFor('C:\\temp\\a'), ['anonymous', 'C_', 'temp', 'a']);
  assert.deepEqual(pathFor('.ssh/authorized_keys'), ['anonymous', '_ssh', 'authorized_keys']);
  for (const none of ['null', '', '/', '..', 'a/'.repeat(100), `${'b'.repeat(250)}/`.repeat(20)]) {
    assert.deepEqual(pathFor(none), ['anonymous', 'x.txt'], none.slice(0, 10));
  }
});

test('no metadata and no owner leads out of the root, or to a hidden name', () => {
  const to = template('/srv/{owner}/{metadata.a}/x{metadata.b}/{relativePath}');
  const text = fc.oneof(
    anyText(),
    fc
      .array(fc.constantFrom('..', '/', '\\', '.', ' ', '\0', 'a', 'CON'))
      .map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, text, text, text, text, (owner, a, b, filename, relativePath) => {
      const path = pathOf(to, facts({ a, b, filename, relativePath }, owner));
      assert.ok(path.length >= 4);
      for (const name of path) {
        assert.ok(name !== '' && !name.startsWith('.') && !/[/\\\0]/.test(name), name);
        assert.ok(Buffer.byteLength(name) <= 255);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a template that cannot work is refused with a sentence', () => {
  const problems: Record<string, RegExp> = {
    '/srv/inbox': /every file needs its own/,
    '/srv/inbox/{name}/': /end with the name of the file/,
    '/srv/{name}/file': /last part must have a placeholder/,
    '{name}': /begin with a folder/,
    '/{name}': /begin with a folder/,
    '/srv/{nmae}': /\{nmae\} is not known/,
    '/srv/{metadata.}': /is not known/,
    '/srv/{name': /no partner|every file/,
    '/srv/{date}/../{name}': /"\.\." cannot stand in it/,
    '/srv/{relativePath}/{name}': /must be the last part alone/,
    '/srv/x-{relativePath}': /must be the last part alone/,
    '~/inbox/{name}': /"~" is not expanded/,
    '': /it must be a path/,
  };
  for (const [text, expected] of Object.entries(problems)) {
    const reading = readPathTemplate(text);
    assert.ok('problem' in reading, `${text} was accepted`);
    assert.match(reading.problem, expected, text);
  }
});
