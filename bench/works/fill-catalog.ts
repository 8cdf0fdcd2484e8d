import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { FileBytes } from '../../src/storage/bytes/files/file-bytes.ts';
import { catalogFile } from '../../src/storage/catalog/sqlite/file/catalog-file.ts';
import { openDatabase } from '../../src/storage/catalog/sqlite/file/database.ts';
import { prepareTables } from '../../src/storage/catalog/sqlite/tables/tables.ts';
import type { UploadRecord } from '../../src/storage/model/upload.ts';

// Fills an upload directory with finished uploads and abandoned ones, as months of use would. Prints
// some of the ids.
const [directory = '', rows = '0', expired = '0'] = process.argv.slice(2);
const total = Number(rows);
const abandoned = Number(expired);

const DAY = 86_400_000;
const PER_COMMIT = 10_000;
const SHOWN = 500;
const ORIGIN = { protocol: 'tus 1.0.0', address: '127.0.0.1', agent: 'bench' };

const files = new FileBytes(directory);
mkdirSync(files.place, { recursive: true });
const database = openDatabase(catalogFile(directory), { autoCheckpoint: true, mustExist: false });
const { uploads, timeline } = prepareTables(database);
const now = Date.now();
const shown: string[] = [];
const showEvery = Math.max(1, Math.floor(total / SHOWN));

for (let from = 0; from < total; from += PER_COMMIT) {
  const commit = database.transaction(() => {
    for (let at = from; at < Math.min(from + PER_COMMIT, total); at++) add(at);
  });
  commit.immediate();
}
database.close();
console.log(JSON.stringify(shown.slice(0, SHOWN)));

function add(index: number): void {
  // Spread over the table, as abandoned uploads are.
  const isAbandoned =
    Math.floor(((index + 1) * abandoned) / total) > Math.floor((index * abandoned) / total);
  const record = isAbandoned ? abandonedUpload(index) : finishedUpload(index);
  closeSync(openSync(files.locate(record), 'wx'));
  const seq = uploads.insert(record);
  timeline.add(seq, record.createdAt, { event: 'created', origin: ORIGIN });
  if (!isAbandoned) {
    timeline.add(seq, record.activeAt, { event: 'finished' });
    if (index % showEvery === 0) shown.push(record.id);
  }
}

/** Of no bytes, so that a million of them fit on any disk. */
function finishedUpload(index: number): UploadRecord {
  const at = timeOf(index);
  return { ...base(index), state: 'finished', length: 0, activeAt: at, finishedAt: at };
}

function abandonedUpload(index: number): UploadRecord {
  return { ...base(index), state: 'receiving', length: 1024, activeAt: timeOf(index) };
}

/** Between a hundred days and two days ago, in order. */
function timeOf(index: number): number {
  return Math.round(now - 100 * DAY + (98 * DAY * index) / total);
}

function base(index: number): Omit<UploadRecord, 'state' | 'length' | 'activeAt'> {
  const name = `holiday ${index}.mov`;
  return {
    id: randomUUID().replaceAll('-', ''),
    kind: 'single',
    offset: 0,
    uncommittedFrom: null,
    crc32: 0,
    metadata: `filename ${Buffer.from(name).toString('base64')}`,
    name,
    parts: [],
    protocolData: null,
    createdAt: timeOf(index),
    finishedAt: null,
    removedAt: null,
    removedWhy: null,
    expiresAt: null,
    downloadsLeft: null,
    refusal: null,
    owner: null,
    wantedPath: null,
    movedTo: null,
    layout: null,
    origin: ORIGIN,
  };
}
