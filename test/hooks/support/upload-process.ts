// A daemon without a port: serves a directory with one hook, and makes and finishes uploads until it
// is killed. Arguments: the directory, the receiver's URL, and "deliver" to make none. Prints the id
// of every upload whose client would have got the answer that it is finished, or "delivered" when
// nothing waits any more.
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createHooks } from '../../../src/hooks/hooks.ts';
import type { Caller } from '../../../src/storage/model/upload.ts';
import { openStore as openDaemonStore } from '../../../src/storage/store.ts';
import { httpHook } from './hooks-of.ts';

const [folder = '', url = '', task] = process.argv.slice(2);
const CLIENTS = 8;
const caller: Caller = {
  origin: { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: null },
  request: null,
};

const hooks = createHooks({
  hooks: [httpHook(url, { events: ['post-create', 'post-finish'], timeoutMs: 300 })],
  concurrency: 16,
  now: Date.now,
  log: () => {},
  env: process.env,
  kill: process.kill.bind(process),
  random: () => Math.random() / 5,
});
const store = await openDaemonStore({
  uploadDir: folder,
  guards: hooks.guards,
  plan: hooks.plan,
});
await hooks.start(store);

async function client(): Promise<never> {
  for (;;) {
    const creation = { kind: 'single', length: 5, metadata: null, protocolData: null } as const;
    const { record } = await store.create({ ...creation, caller });
    const body = Readable.from([Buffer.from('hello')]);
    await store.append(record.id, { offset: 0, body, bodyLength: 5, caller });
    console.log(record.id);
    await pause(10);
  }
}
if (task !== 'deliver') await Promise.all(Array.from({ length: CLIENTS }, client));

const timer = setInterval(async () => {
  if ((await store.outbox.list({ statuses: ['pending', 'failing'], limit: 1 })).length > 0) return;
  clearInterval(timer);
  console.log('delivered');
}, 20);
