import assert from 'node:assert/strict';
import { type Contract, creation, NOW } from './subject.ts';

export function downloadsContract({ promise, promiseToMany }: Contract): void {
  const finished = { state: 'finished', length: 3, offset: 3, finishedAt: NOW } as const;

  promise('the last download makes an upload expire at once', async (catalog) => {
    await catalog.createFinished(creation({ id: 'a', downloadsLeft: 2, ...finished }));
    assert.equal(await catalog.countDownload('a', NOW + 1), 1);
    assert.equal((await catalog.get('a'))?.expiresAt, null);
    assert.equal(await catalog.countDownload('a', NOW + 2), 0);
    const record = await catalog.get('a');
    assert.deepEqual([record?.downloadsLeft, record?.expiresAt], [0, NOW + 2]);
    assert.equal(await catalog.countDownload('a', NOW + 3), 0);
  });

  promise(
    'downloads without a limit, and of what is not finished, are not counted',
    async (catalog) => {
      await catalog.createFinished(creation({ id: 'free', ...finished }));
      await catalog.createUpload(creation({ id: 'unfinished', downloadsLeft: 1 }));
      for (const id of ['free', 'unfinished', 'unknown']) {
        const before = await catalog.get(id);
        assert.equal(await catalog.countDownload(id, NOW), null);
        assert.deepEqual(await catalog.get(id), before);
      }
    },
  );

  promiseToMany('of several processes one counts the last download', async (catalog, another) => {
    const other = await another('command');
    await catalog.createFinished(creation({ id: 'a', downloadsLeft: 2, ...finished }));
    const left = [await catalog.countDownload('a', NOW), await other.countDownload('a', NOW)];
    assert.deepEqual(left, [1, 0]);
  });
}
