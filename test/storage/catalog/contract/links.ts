import assert from 'node:assert/strict';
import type { UploadLink } from '../../../../src/storage/model/link.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { type Contract, creation, NOW } from './subject.ts';

export function linkOf(change: Partial<UploadLink> = {}): UploadLink {
  return {
    id: 'l1',
    name: 'holiday',
    hash: 'aa',
    password: null,
    createdAt: NOW,
    expiresAt: null,
    maxSize: null,
    maxUploads: 2,
    uploads: 0,
    lastUsedAt: null,
    revokedAt: null,
    ...change,
  };
}

export function linksContract({ promise, promiseToMany }: Contract): void {
  promise('a link is kept as it was made, and listed the newest first', async (catalog) => {
    const full = linkOf({ password: 'scrypt', expiresAt: 5, maxSize: 2 ** 40, maxUploads: null });
    await catalog.createLink(full);
    await catalog.createLink(linkOf({ id: 'l2' }));
    await catalog.createLink(linkOf({ id: 'l0', createdAt: NOW + 1 }));
    assert.deepEqual(await catalog.link('l1'), full);
    assert.equal(await catalog.link('nothing'), undefined);
    assert.deepEqual(
      (await catalog.links()).map(({ id }) => id),
      ['l0', 'l2', 'l1'],
    );
    assert.equal((await faultOf(catalog.createLink(full))).code, 'CONFLICT');
  });

  promise(
    'each way to record an upload of a link counts it, and refuses one too many',
    async (catalog) => {
      await catalog.createLink(linkOf({ maxUploads: 3 }));
      const owner = 'link:l1';
      await catalog.createUpload(creation({ id: 'a', owner }));
      await catalog.createLeased(creation({ id: 'b', owner }));
      await catalog.createUpload(creation({ id: 'part', owner, kind: 'partial' }));
      await catalog.createUpload(creation({ id: 'other', owner: 'alice' }));
      await catalog.createFinished(creation({ id: 'c', owner, state: 'finished' }));
      const link = await catalog.link('l1');
      assert.equal(link?.uploads, 3);
      assert.notEqual(link?.lastUsedAt, null);
      const late = ['createUpload', 'createLeased', 'createFinished'] as const;
      for (const unit of late) {
        const fault = await faultOf(catalog[unit](creation({ id: unit, owner })));
        assert.equal(fault.code, 'FORBIDDEN');
        assert.equal(await catalog.get(unit), undefined);
      }
      await catalog.createUpload(creation({ id: 'unknown', owner: 'link:gone' }));
    },
  );

  promise('a link is revoked once, and takes nothing from then on', async (catalog) => {
    await catalog.createLink(linkOf());
    assert.equal(await catalog.revokeLink('l1', NOW), true);
    assert.equal(await catalog.revokeLink('l1', NOW + 1), false);
    assert.equal(await catalog.revokeLink('nothing', NOW), false);
    assert.equal((await catalog.link('l1'))?.revokedAt, NOW);
    const refused = catalog.createUpload(creation({ owner: 'link:l1' }));
    assert.equal((await faultOf(refused)).code, 'FORBIDDEN');
  });

  promiseToMany('another process sees a link, and its end', async (catalog, another) => {
    const command = await another('command');
    await command.createLink(linkOf());
    assert.equal((await catalog.link('l1'))?.revokedAt, null);
    await command.revokeLink('l1', NOW);
    assert.equal((await catalog.link('l1'))?.revokedAt, NOW);
    await command.close();
  });
}
