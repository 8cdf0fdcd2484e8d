import assert from 'node:assert/strict';
import { linkSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AttemptOptions, attempt } from '../../src/deliver/attempt.ts';
import type { Intent } from '../../src/deliver/mover/intent.ts';
import type { Placement } from '../../src/storage/model/placement.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** What a process has left that died after it had given the description its name. */
function interrupted(t: TestContext) {
  const inbox = temporaryFolder(t);
  const at = (...names: string[]) => join(inbox, ...names);
  mkdirSync(at('.tusd-ts'));
  writeFileSync(at('.tusd-ts', '1.deliver'), 'content');
  writeFileSync(at('.tusd-ts', '1.deliver.json'), '{}');
  linkSync(at('.tusd-ts', '1.deliver.json'), at('a.txt.json'));
  const { ino, ctimeNs } = lstatSync(at('.tusd-ts', '1.deliver'), { bigint: true });
  const intent: Intent = {
    ...{ root: inbox, folders: [], name: 'a.txt', temporary: '1.deliver', step: 'link' },
    ...{ shared: false, size: 7, mtimeMs: 0, links: 1, ino: `${ino}`, ctimeNs: `${ctimeNs}` },
  };
  const give = () => linkSync(at('.tusd-ts', '1.deliver'), at('a.txt'));
  return { inbox, intent, give };
}

/** The upload was removed before the next attempt. */
async function attemptOf(intent: Intent): Promise<string> {
  let seen = '';
  const store = {
    remember: async () => null,
    placements: {
      settle: async (_: number, { state }: { state: string }) => {
        seen = state;
      },
    },
  };
  const placement = { seq: 1, upload: '1', state: 'pending', intent: JSON.stringify(intent) };
  const options = { store, rules: new Map(), now: Date.now } as unknown as AttemptOptions;
  await attempt(options, placement as unknown as Placement);
  return seen;
}

test('an upload that was removed leaves no description without its file', async (t) => {
  const { inbox, intent } = interrupted(t);
  assert.equal(await attemptOf(intent), 'skipped');
  assert.deepEqual(readdirSync(inbox), []);
});

test('what was delivered before its upload was removed stays, with its description', async (t) => {
  const { inbox, intent, give } = interrupted(t);
  give();
  await attemptOf(intent);
  assert.deepEqual(readdirSync(inbox).sort(), ['a.txt', 'a.txt.json']);
});
