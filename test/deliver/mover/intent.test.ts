import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Intent, wasTaken } from '../../../src/deliver/mover/intent.ts';
import { place, tidy } from '../../../src/deliver/mover/place.ts';
import { crc32 } from '../../../src/storage/model/crc32.ts';
import { draftRecord } from '../../storage/support/records.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { metadataOf } from '../../support/uploads.ts';
import { rulesOf } from '../support/delivering.ts';

const CONTENT = Buffer.from('0123456789');

interface Step {
  /** Takes the step; `begin` is called just before it. */
  take(begin?: () => void): Promise<Intent>;
  readonly inbox: string;
  readonly stored: string;
}

function stepOf(t: TestContext, change: object): Step {
  const folder = temporaryFolder(t);
  const inbox = join(folder, 'inbox');
  const stored = join(folder, 'stored');
  mkdirSync(inbox);
  writeFileSync(stored, CONTENT);
  const [rule] = rulesOf({ to: `${inbox}/{name}`, ...change });
  const record = {
    ...draftRecord({
      state: 'finished',
      offset: CONTENT.length,
      crc32: crc32(CONTENT, 0),
      metadata: metadataOf({ filename: 'a.txt' }),
    }),
    seq: 1,
  };
  const reader = {
    size: CONTENT.length,
    close: () => {},
    blocks: async function* () {
      yield CONTENT;
    },
  };
  return {
    inbox,
    stored,
    async take(begin = () => {}) {
      let intent: Intent | undefined;
      await place({
        rule: rule!,
        record,
        origin: { path: stored, open: async () => reader },
        fileMode: 0o600,
        folders: { mode: 0o700, group: null },
        signal: new AbortController().signal,
        description: () => '{}',
        begin: async (one) => {
          intent = one;
          begin();
        },
      }).catch((error) => {
        if (error.message !== 'killed') throw error;
      });
      return intent!;
    },
  };
}

function killed(): void {
  throw new Error('killed');
}

const RULES = [
  { how: 'copy' },
  { how: 'move' },
  { how: 'copy', onConflict: 'replace' },
  { how: 'move', onConflict: 'replace', sidecar: 'json' },
] as const;

for (const rule of RULES) {
  const name = JSON.stringify(rule);

  test(`${name}: killed before the step, it was not taken`, async (t) => {
    const { take, inbox } = stepOf(t, rule);
    const intent = await take(killed);
    assert.equal(await wasTaken(intent), false);
    // A file of another program that has got the name meanwhile is not ours.
    writeFileSync(join(inbox, 'a.txt'), '0123456789');
    assert.equal(await wasTaken(intent), false);
    await tidy(intent);
    assert.deepEqual(readdirSync(inbox), ['a.txt']);
  });

  test(`${name}: killed after the step, it was taken, also when the file is gone by then`, async (t) => {
    for (const gone of [() => {}, unlinkSync, (path: string) => renameSync(path, `${path}.mine`)]) {
      const { take, inbox } = stepOf(t, rule);
      const intent = await take();
      gone(join(inbox, 'a.txt'));
      assert.equal(await wasTaken(intent), true);
      await tidy(intent);
      assert.equal(existsSync(join(inbox, '.tusd-ts')), false);
    }
  });
}

test('where other names of the bytes come and go, a step without proof counts as not taken', async (t) => {
  const { take, inbox, stored } = stepOf(t, { how: 'move' });
  // An earlier rule has linked the same bytes.
  linkSync(stored, join(inbox, 'earlier'));
  const intent = await take(killed);
  unlinkSync(join(inbox, 'earlier'));
  assert.equal(await wasTaken(intent), false);
});

test('a folder that is gone with everything in it proves nothing', async (t) => {
  for (const rule of RULES) {
    const { take, inbox } = stepOf(t, rule);
    const intent = await take(killed);
    rmSync(inbox, { recursive: true });
    assert.equal(await wasTaken(intent), false);
    await tidy(intent);
  }
});

test('a change of permissions before the step is part of the intent', async (t) => {
  const { take, stored } = stepOf(t, { how: 'move', mode: '0644' });
  chmodSync(stored, 0o600);
  assert.equal(await wasTaken(await take(killed)), false);
});

test('what was made for a name that another program took first is not left behind', async (t) => {
  for (const change of [{}, { sidecar: 'json' }]) {
    const { take, inbox } = stepOf(t, { how: 'copy', onConflict: 'keep', ...change });
    await take(() => writeFileSync(join(inbox, 'a.txt'), 'of another program'));
    assert.deepEqual(readdirSync(inbox), ['a.txt']);
  }
});

test('no description appears where a folder is in the way of its file', async (t) => {
  const { take, inbox } = stepOf(t, { how: 'copy', onConflict: 'replace', sidecar: 'json' });
  mkdirSync(join(inbox, 'a.txt'));
  await assert.rejects(take(), { code: 'CONFLICT' });
  assert.deepEqual(readdirSync(inbox), ['a.txt']);
});
