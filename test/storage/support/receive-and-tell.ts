// Receives two uploads in requests of 1000 bytes, one with checksums, each request in pieces, and
// prints the number of requests that were acknowledged for both. Is killed in the middle.
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { openStore as openDaemonStore } from '../../../src/storage/store.ts';
import { append, bytes, make, whole } from './stores.ts';

const REQUEST = 1000;
const store = await openDaemonStore({ uploadDir: process.argv[2]! });
const sent = bytes(1_000_000);
const plain = await make(store, sent.length);
const checked = await make(store, sent.length);
console.log(JSON.stringify({ plain, checked }));

for (let at = 0; at < sent.length; at += REQUEST) {
  const request = async (id: string, more: object) => {
    const body = new PassThrough();
    const done = append(store, id, at, body, more);
    body.write(sent.subarray(at, at + REQUEST / 2));
    await pause(2);
    body.end(sent.subarray(at + REQUEST / 2, at + REQUEST));
    await done;
  };
  await Promise.all([request(plain, {}), request(checked, { whole: whole(true) })]);
  console.log(at / REQUEST + 1);
}
