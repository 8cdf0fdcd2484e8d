import { type Kit, makeBytes, terminate, upload } from './kit.ts';

// This file runs in Node and, bundled, in a browser: it uses what both have.

const MIB = 1024 * 1024;

/**
 * What was on its way when an upload was aborted may still arrive between HEAD and PATCH, which is then
 * refused with 409: clients ask again.
 */
const RETRIES = [50, 200, 500, 1000, 2000];

interface Scenario {
  /** The first version of tus-js-client that can do it (default 1). */
  readonly since?: number;
  run(kit: Kit): Promise<void>;
}

/** What a client must be able to do, by name. Each throws if it cannot. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a file is uploaded in one request': {
    run: async (kit) => {
      const bytes = makeBytes(3 * MIB + 5);
      await assertStored(await upload(kit, bytes), bytes);
    },
  },
  'a file without a byte is uploaded': {
    run: async (kit) => assertStored(await upload(kit, makeBytes(0)), makeBytes(0)),
  },
  'a file is uploaded in chunks': {
    run: async (kit) => {
      const bytes = makeBytes(MIB + 5);
      await assertStored(await upload(kit, bytes, { options: { chunkSize: 300_000 } }), bytes);
    },
  },
  'an upload is aborted and resumed': {
    run: async (kit) => {
      const bytes = makeBytes(2 * MIB);
      const options = { chunkSize: 256 * 1024, retryDelays: RETRIES };
      await assertStored(await upload(kit, bytes, { abortAfter: MIB, options }), bytes);
    },
  },
  'an upload goes on at its URL': {
    run: async (kit) => {
      const bytes = makeBytes(MIB);
      const uploadUrl = await create(kit, MIB);
      same(await upload(kit, bytes, { options: { uploadUrl } }), uploadUrl);
      await assertStored(uploadUrl, bytes);
    },
  },
  'a connection that is cut is retried until all is there': {
    run: async (kit) => {
      const bytes = makeBytes(3 * MIB);
      const options = { endpoint: kit.cutting, retryDelays: RETRIES };
      await assertStored(await upload(kit, bytes, { options }), bytes);
    },
  },
  'a stream whose length comes last is uploaded': {
    run: async (kit) => {
      const bytes = makeBytes(MIB + 5);
      const options = { uploadLengthDeferred: true, chunkSize: 256 * 1024 };
      await assertStored(await upload(kit, bytes, { stream: true, options }), bytes);
    },
  },
  'names of any language come back as they were': {
    run: async (kit) => {
      const filename = 'Grüße 日本 ✓ 🎉.txt';
      const url = await upload(kit, makeBytes(10), {
        options: { metadata: { filename, empty: '', number: 100 } },
      });
      const { headers } = await head(url);
      const told = (headers.get('Upload-Metadata') ?? '').split(',').toSorted();
      same(told.length, 3);
      same(told[0]?.trim(), 'empty');
      same(decode(told[1], 'filename '), filename);
      same(decode(told[2], 'number '), '100');
    },
  },
  'a file is sent with its creation': {
    run: async (kit) => {
      const bytes = makeBytes(MIB);
      const options = { uploadDataDuringCreation: true, chunkSize: 700_000 };
      await assertStored(await upload(kit, bytes, { options }), bytes);
    },
  },
  'PATCH is sent as POST where a network allows no other': {
    run: async (kit) => {
      const bytes = makeBytes(MIB);
      const options = { overridePatchMethod: true, chunkSize: 400_000 };
      await assertStored(await upload(kit, bytes, { options }), bytes);
    },
  },
  'headers of an application are allowed': {
    run: async (kit) => {
      const bytes = makeBytes(MIB);
      const headers = { Authorization: 'Bearer x', 'X-App-Version': '1.2' };
      await assertStored(await upload(kit, bytes, { options: { headers } }), bytes);
    },
  },
  'requests carry an id': {
    since: 2,
    run: async (kit) => {
      const bytes = makeBytes(10);
      await assertStored(await upload(kit, bytes, { options: { addRequestId: true } }), bytes);
    },
  },
  'a file is uploaded in four parallel parts': {
    since: 2,
    run: async (kit) => {
      const bytes = makeBytes(2 * MIB + 3);
      const options = { parallelUploads: 4, metadata: { filename: 'parts' } };
      await assertStored(await upload(kit, bytes, { options }), bytes);
    },
  },
  'an upload in parallel parts is aborted and resumed': {
    since: 2,
    run: async (kit) => {
      const bytes = makeBytes(4 * MIB);
      const options = { parallelUploads: 3, chunkSize: 256 * 1024, retryDelays: RETRIES };
      await assertStored(await upload(kit, bytes, { abortAfter: MIB, options }), bytes);
    },
  },
  'an upload is terminated': {
    run: async (kit) => {
      const url = await upload(kit, makeBytes(10));
      await terminate(kit, url);
      same((await head(url)).status, 410);
    },
  },
  'an upload that is gone is begun anew': {
    run: async (kit) => {
      const uploadUrl = await create(kit, 10);
      await terminate(kit, uploadUrl);
      const url = await upload(kit, makeBytes(10), { options: { uploadUrl } });
      same(url === uploadUrl, false);
      await assertStored(url, makeBytes(10));
    },
  },
};

function head(url: string): Promise<Response> {
  return fetch(url, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
}

async function create({ endpoint }: Kit, length: number): Promise<string> {
  const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(length) };
  const made = await fetch(endpoint, { method: 'POST', headers });
  return new URL(made.headers.get('Location') ?? '', endpoint).href;
}

async function assertStored(url: string, bytes: Uint8Array): Promise<void> {
  const { headers } = await head(url);
  same(headers.get('Upload-Offset'), String(bytes.length));
  same(headers.get('Upload-Length'), String(bytes.length));
  const stored = new Uint8Array(await (await fetch(url)).arrayBuffer());
  same(stored.length, bytes.length);
  let at = 0;
  while (at < bytes.length && stored[at] === bytes[at]) at += 1;
  same(at, bytes.length);
}

function decode(pair: string | undefined, key: string): string {
  if (pair?.startsWith(key) !== true) throw new Error(`"${pair}" does not begin with "${key}"`);
  const binary = atob(pair.slice(key.length).trim());
  return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
}

function same(actual: unknown, expected: unknown): void {
  if (actual === expected) return;
  throw new Error(`got ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}
