import type { TestContext } from 'node:test';
import type { StorageEvent } from '../../../src/storage/model/events.ts';
import type { StoreOptions, UploadStore } from '../../../src/storage/store.ts';
import type { OpenStore } from './backends.ts';
import { insideOf, openStore } from './stores.ts';

/** A store, and the types of the events that it has told. */
export async function watched(
  t: TestContext,
  options: Partial<StoreOptions> = {},
  open: OpenStore = openStore,
) {
  const events: StorageEvent[] = [];
  const store = await open(t, options);
  store.onChange((event) => events.push(event));
  return { store, types: () => events.map((event) => event.type) };
}

/** Every record in the state it is in, and every file: nothing may be without its other half. */
export async function leftBehind(store: UploadStore) {
  const states = [];
  for await (const record of store.list({
    states: ['receiving', 'joining', 'finished', 'removing'],
  }))
    states.push(record.state);
  const inside = insideOf(store);
  const files = [];
  for await (const names of inside.bytes.entries()) files.push(...names);
  return {
    states,
    files,
    active: inside.active.size,
    pumps: inside.pumps.size,
  };
}

export const NOTHING = { states: [], files: [], active: 0, pumps: 0 };
