import { after, before, type TestContext } from 'node:test';

/**
 * Makes what all tests of a file share, unless they are skipped: to be called outside of them. After the last
 * test everything ends, what was begun last first: daemons before what they use.
 */
export function beforeTests(
  needed: { readonly skip?: string },
  begin: (t: Pick<TestContext, 'after'>) => Promise<void>,
): void {
  const ending: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => void ending.unshift(end) };
  before(async () => {
    if (needed.skip === undefined) await begin(t as Pick<TestContext, 'after'>);
  });
  after(async () => {
    for (const end of ending) await end();
  });
}
