import assert from 'node:assert/strict';
import { Fault } from '../../../../src/fault.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { bytes, crcOf } from '../../support/content.ts';
import { around } from './around.ts';
import { OneUpload } from './one-upload.ts';
import type { Place } from './place.ts';

type Declare = (what: string, run: (place: Place) => Promise<void>) => void;

/** What becomes of an upload that goes on where others end. */
export function declareContinuations(promise: Declare): void {
  for (const [what, first] of [
    ['less than a part', 70_000],
    ['parts and a rest', 350_000],
    ['whole parts', 300_000],
  ] as const) {
    promise(`a finished object of ${what} may grow after all`, async (place) => {
      const all = bytes(820_000);
      const upload = new OneUpload('a', all.subarray(0, first), null);
      const writer = await upload.create(place.open());
      await upload.send(writer, first);
      await upload.finish(writer);
      await upload.check(place.open());

      const grown = new OneUpload('a', all, null);
      grown.record = { ...upload.record, state: 'receiving' };
      const more = await grown.takeOver(place.open());
      assert.equal(more.size, first);
      await grown.send(more, 500_000);
      await grown.end(more);
      await grown.send(more, all.length);
      await grown.finish(more);
      await grown.check(place.open());
      assert.deepEqual(await place.names('a'), 1);
    });
  }

  promise(
    'an upload that has used up its part numbers goes on with larger parts',
    async (place) => {
      const upload = new OneUpload('a', bytes(2_000_000), null);
      let writer = await upload.create(place.open());
      await upload.send(writer, 650_000);
      await upload.end(writer);
      writer.close();
      const layout = JSON.parse(upload.record.layout ?? '');
      upload.record = { ...upload.record, layout: JSON.stringify({ ...layout, x: 9_990 }) };
      writer = await upload.takeOver(place.open());
      await upload.send(writer, 1_900_000);
      await upload.end(writer);
      assert.match(upload.record.layout ?? '', /"p":1600000,.*"n":"1"/);
      await upload.send(writer, 2_000_000);
      await upload.finish(writer);
      await upload.check(place.open());
    },
  );

  promise(
    'an upload whose part numbers suffice for its length is not copied into larger parts',
    async (place) => {
      const upload = new OneUpload('a', bytes(2_000_000));
      let writer = await upload.create(place.open());
      await upload.send(writer, 650_000);
      await upload.end(writer);
      for (const [next, end, size] of [
        [9_400, 1_000_000, 100_000],
        [9_700, 1_900_000, 1_600_000],
      ] as const) {
        writer.close();
        const layout = JSON.parse(upload.record.layout ?? '');
        upload.record = { ...upload.record, layout: JSON.stringify({ ...layout, x: next }) };
        writer = await upload.takeOver(place.open());
        await upload.send(writer, end);
        await upload.end(writer);
        assert.equal(JSON.parse(upload.record.layout ?? '').p, size);
      }
      await upload.send(writer, 2_000_000);
      await upload.finish(writer);
      await upload.check(place.open());
    },
  );

  for (const before of [0, 70_000, 300_000, 350_000]) {
    promise(
      `a last request that was not confirmed is dropped, after ${before} bytes`,
      async (place) => {
        const upload = new OneUpload('a', bytes(750_000));
        let writer = await upload.create(place.open());
        await upload.send(writer, before);
        await upload.end(writer);
        upload.beginWhole();
        await upload.send(writer, 750_000);
        // The process ends when the object is finished, and before the record says so.
        await writer.seal('power', { length: 750_000, crc32: crcOf(upload.content) });
        writer = await upload.takeOver(place.open());
        assert.deepEqual([writer.size, upload.record.offset], [before, before]);
        await upload.send(writer, 750_000);
        await upload.finish(writer);
        await upload.check(place.open());
      },
    );
  }

  promise('bytes in parts can be dropped', async (place) => {
    const upload = new OneUpload('a', bytes(750_000));
    const writer = await upload.create(place.open());
    await upload.send(writer, 430_000);
    await upload.end(writer);
    upload.record = { ...upload.record, offset: 0 };
    for (const end of [425_000, 350_000, 200_000, 50_000]) {
      await writer.rollback(end);
      assert.equal(
        writer.kept?.length ?? 0,
        Math.floor(writer.size / 100_000) === 4 ? 400_000 : end,
      );
      await upload.end(writer);
    }
    await upload.send(writer, 750_000);
    await upload.finish(writer);
    await upload.check(place.open());
  });

  promise('part numbers are used only once they are recorded', async (place) => {
    const upload = new OneUpload('a', bytes(450_000));
    const store = place.open();
    let fails = true;
    let noted = 0;
    let highest = 0;
    const writer = await place
      .open(
        around(place.objects, ({ method, args, make }) => {
          if (method === 'uploadPart') highest = Math.max(highest, Number(args[2]));
          if (method === 'uploadPart') assert.ok(Number(args[2]) < noted, 'it was not reserved');
          return make();
        }),
      )
      .create(upload.record, async (layout) => {
        if (fails) throw new Fault('UNAVAILABLE', 'no database');
        noted = JSON.parse(layout).x;
        upload.record = { ...upload.record, layout };
      });
    const sent = upload.send(writer, 250_000).then(() => upload.end(writer));
    assert.equal((await faultOf(sent)).code, 'UNAVAILABLE');
    assert.equal(highest, 0);
    fails = false;
    await upload.end(writer);
    await upload.send(writer, 450_000);
    fails = true;
    const { length } = upload.content;
    const sealing = writer.seal('power', { length, crc32: crcOf(upload.content) });
    assert.equal((await faultOf(sealing)).code, 'UNAVAILABLE');
    fails = false;
    await upload.finish(writer);
    await upload.check(store);
  });

  promise('objects that are gone are missing', async (place) => {
    const store = place.open();
    const uploads: OneUpload[] = [];
    for (const [id, length, end] of [
      ['empty', 500_000, 0],
      ['tail', 500_000, 50_000],
      ['parts', 500_000, 300_000],
      ['file', 500_000, 500_000],
    ] as const) {
      const upload = new OneUpload(id, bytes(length));
      const writer = await upload.create(store);
      await upload.send(writer, end);
      if (end === length) await upload.finish(writer);
      else await upload.end(writer);
      writer.close();
      uploads.push(upload);
    }
    const records = uploads.map(({ record }) => record);
    assert.deepEqual(await store.missing(records), []);
    for (const { id } of records) await store.removeEntry(id);
    assert.deepEqual(await store.missing(records), ['tail', 'parts', 'file']);
    const [, tail, parts] = uploads;
    for (const upload of [tail!, parts!]) {
      const writer = await upload.takeOver(store);
      const finished = upload.send(writer, 500_000).then(() => upload.finish(writer));
      assert.equal((await faultOf(finished)).code, 'GONE');
      writer.close();
    }
  });

  promise('large parts of a joined upload are copied by S3', async (place) => {
    const store = place.open();
    const contents = [bytes(730_000, 1), bytes(60_000, 2), bytes(0), bytes(800_000, 3)];
    const parts: OneUpload[] = [];
    for (const [index, content] of contents.entries()) {
      const part = new OneUpload(`p${index}`, content);
      const writer = await part.create(store);
      await part.send(writer, content.length);
      await part.finish(writer);
      parts.push(part);
    }
    const calls: Record<string, number> = {};
    const counting = place.open(
      around(place.objects, ({ method, make }) => {
        calls[method] = (calls[method] ?? 0) + 1;
        return make();
      }),
    );
    const joined = new OneUpload('a', Buffer.concat(contents));
    const writer = await joined.create(counting);
    const crc = await writer.join(
      parts.map(({ record }) => record),
      () => false,
    );
    assert.equal(crc, crcOf(joined.content));
    assert.deepEqual([calls.copyPart, calls.uploadPart], [14, 1]);
    await joined.finish(writer);
    await joined.check(store);
  });
}
