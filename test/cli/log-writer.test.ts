import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogWriter } from '../../src/cli/serve/log-writer.ts';

function slowOutput() {
  const texts: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    texts,
    take: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
    output: {
      isTTY: false,
      size: () => null,
      write: (text: string) => {
        texts.push(text);
        return new Promise<void>((resolve) => waiting.push(resolve));
      },
    },
  };
}

test('lines that a slow reader does not take are dropped, counted and reported', async () => {
  const { texts, take, output } = slowOutput();
  const log = createLogWriter(output, (lines) => `dropped ${lines}\n`, 10);
  for (const text of ['one\n', 'two\n', 'three\n', 'four\nfive\n']) log.write(text);
  assert.deepEqual(texts, ['one\n', 'two\n']);
  take();
  await log.flush(1_000);
  log.write('six\n');
  assert.deepEqual(texts.slice(2), ['dropped 3\nsix\n']);
});

test('lines that could not be written are counted', async () => {
  const texts: string[] = [];
  let full = true;
  const log = createLogWriter(
    {
      isTTY: false,
      size: () => null,
      write: async (text) => {
        if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        texts.push(text);
      },
    },
    (lines) => `dropped ${lines}\n`,
  );
  log.write('one\n');
  await log.flush(1_000);
  full = false;
  log.write('two\n');
  assert.deepEqual(texts, ['dropped 1\ntwo\n']);
});

test('a reader that stops reading does not delay the end', async () => {
  const { output } = slowOutput();
  const log = createLogWriter(output, () => '');
  log.write('one\n');
  await log.flush(10);
});
