import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fits, withCreationRules } from '../../src/access/creation-rules.ts';
import { plainRules } from '../../src/access/plain-rules.ts';
import { principalOf } from '../../src/access/rules.ts';
import type { Fault } from '../../src/fault.ts';
import { formatMetadata } from '../../src/storage/model/metadata.ts';
import { CALLER } from '../storage/support/caller.ts';

test('a star stands for any text, and case does not matter', () => {
  for (const [text, pattern] of [
    ['image/png', 'image/*'],
    ['IMAGE/PNG', 'image/*'],
    ['a.b.jpg', '*.JPG'],
    ['report-2026-final.pdf', 'report-*-*.pdf'],
    ['', '*'],
    ['x', '*x*'],
    ['aXbXc', 'a*b*c'],
  ] as const) {
    assert.ok(fits(text, pattern), `${text} ${pattern}`);
  }
  for (const [text, pattern] of [
    ['text/html', 'image/*'],
    ['a.jpg.exe', '*.jpg'],
    ['', 'image/*'],
    ['ab', 'ab*b'],
    ['acb', 'a*b*c'],
    ['image/png', 'image'],
  ] as const) {
    assert.ok(!fits(text, pattern), `${text} ${pattern}`);
  }
});

test('patterns match as the regular expression that they stand for', () => {
  const letters = fc.stringMatching(/^[ab*.]{0,8}$/);
  fc.assert(
    fc.property(letters, letters, (text, pattern) => {
      const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
      assert.equal(fits(text, pattern), new RegExp(`^${parts.join('.*')}$`, 's').test(text));
    }),
  );
});

test('a hostile name takes no time', () => {
  const pattern = `${'*a'.repeat(60)}b`;
  assert.ok(!fits('a'.repeat(100_000), pattern));
});

const RULES = { ...plainRules(['create'], null), types: ['image/*'], names: ['photo*.jpg'] };

/** How a creation with this metadata is refused; undefined when it is not. */
async function refusal(
  metadata: Readonly<Record<string, string>>,
  kind: 'single' | 'partial' | 'final' = 'single',
): Promise<Fault | undefined> {
  const pairs = Object.entries(metadata).map(([key, text]) => ({ key, value: Buffer.from(text) }));
  const draft = { id: 'a', kind, length: 1, metadata: formatMetadata(pairs), parts: [] };
  const caller = { ...CALLER, principal: principalOf('anna', RULES) };
  try {
    await withCreationRules({}).beforeCreate?.(draft, caller);
    return undefined;
  } catch (error) {
    return error as Fault;
  }
}

const ALLOWED = { filetype: 'image/png', filename: 'photo.jpg' };

test('the type that counts is the one that downloads have, the name that of the delivered file', async () => {
  assert.equal(await refusal(ALLOWED), undefined);
  assert.equal(await refusal({ ...ALLOWED, relativePath: 'holiday/photo-1.jpg' }), undefined);
  assert.equal(await refusal({ ...ALLOWED, relativePath: 'null' }), undefined);
  assert.equal(await refusal({ contentType: 'image/png; a=b', name: 'Photo.JPG' }), undefined);
  for (const wrong of [
    {},
    { filetype: 'image/png' },
    { filename: 'photo.jpg' },
    { ...ALLOWED, filetype: 'text/html' },
    { filename: 'photo.jpg', type: 'image/png', filetype: 'text/html' },
    { filename: 'photo.jpg', filetype: '', contentType: 'text/html' },
    { ...ALLOWED, filename: 'virus.exe' },
    { ...ALLOWED, filename: 'photo/../virus.exe\\a.jpg' },
    { ...ALLOWED, filename: 'photo.jpg/../photo.jpg/virus.exe/' },
    { ...ALLOWED, relativePath: 'photo/virus.exe' },
    { ...ALLOWED, relativepath: 'virus.jpg' },
  ]) {
    assert.equal((await refusal(wrong))?.code, 'FORBIDDEN', JSON.stringify(wrong));
  }
});

test('a part may say nothing of its type and name, and nothing that is not allowed', async () => {
  assert.equal(await refusal({}, 'partial'), undefined);
  assert.equal(await refusal(ALLOWED, 'partial'), undefined);
  assert.equal((await refusal({ filetype: 'text/html' }, 'partial'))?.code, 'FORBIDDEN');
  assert.equal((await refusal({ filename: 'virus.exe' }, 'partial'))?.code, 'FORBIDDEN');
  assert.equal((await refusal({}, 'final'))?.code, 'FORBIDDEN');
});
