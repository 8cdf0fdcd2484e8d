import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errnoOf } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import type { Place, Resolved, ValueProblem } from '../key.ts';
import { fetchKeptText, variablesIn } from '../values/kept-text.ts';
import { type ParsedDatabase, readDatabaseUrl } from './database-schema.ts';
import { type ParsedS3, type ParsedStorage, readKey } from './storage-schema.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Bytes in a bucket, as the program uses it. */
export interface S3Storage extends Omit<ParsedS3, 'credentials' | 'forcePathStyle'> {
  readonly forcePathStyle: boolean;
  /** undefined leaves it to the AWS SDK. */
  readonly credentials: S3Credentials | undefined;
}

export type Storage = { readonly type: 'local' } | S3Storage;

export interface Database {
  readonly url: string;
  readonly poolSize: number;
  /** undefined: as the URL says. `ca` is the text of a PEM file. */
  readonly ssl: boolean | { readonly ca: string } | undefined;
}

/** Loads the keys of S3. Every command that opens the storage needs them. */
export async function resolveStorage(
  storage: ParsedStorage,
  { folder, env }: Place,
): Promise<Resolved<Storage>> {
  if (storage.type === 'local') return { value: storage };
  const { credentials, endpoint, forcePathStyle = endpoint !== undefined, ...rest } = storage;
  const problems: ValueProblem[] = [];
  const found: Record<string, string> = {};
  for (const [name, kept] of Object.entries(credentials ?? {})) {
    if (kept === undefined) continue;
    const reading = await fetchKeptText(kept, { folder: folder ?? '/', env }, readKey);
    if ('value' in reading) found[name] = reading.value;
    else problems.push({ path: ['credentials', name], problem: reading.problem });
  }
  const value: S3Storage = {
    ...rest,
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle,
    credentials: credentials && (found as unknown as S3Credentials),
  };
  return { value, problems };
}

/** Loads the URL of the database and the certificates. Every command that opens the storage needs them. */
export async function resolveDatabase(
  database: ParsedDatabase | null,
  { folder, env }: Place,
): Promise<Resolved<Database | null>> {
  if (database === null) return { value: null };
  const place = { folder: folder ?? '/', env };
  const problems: ValueProblem[] = [];
  const url = await fetchKeptText(database.url, place, readDatabaseUrl);
  if ('problem' in url) problems.push({ path: ['url'], problem: url.problem });
  let ssl: Database['ssl'];
  if (typeof database.ssl === 'object') {
    const ca = await readAuthorities(resolve(place.folder, database.ssl.ca));
    if ('problem' in ca) problems.push({ path: ['ssl', 'ca'], problem: ca.problem });
    else ssl = { ca: ca.value };
  } else ssl = database.ssl;
  const value = { url: 'value' in url ? url.value : '', poolSize: database.poolSize, ssl };
  return { value, problems };
}

async function readAuthorities(path: string) {
  const shown = sanitize(path);
  try {
    const text = await readFile(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return { value: text };
    return { problem: `the file ${shown} holds no certificate (PEM)` };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return { problem: `the file ${shown} cannot be read (${errno})` };
  }
}

/** The variables from which keys of S3 are read. */
export function variablesOfStorage(storage: ParsedStorage): ReadonlySet<string> {
  if (storage.type === 'local') return new Set();
  return variablesIn(Object.values(storage.credentials ?? {}));
}

/** The variable from which the URL of the database is read. */
export function variablesOfDatabase(database: ParsedDatabase | null): ReadonlySet<string> {
  return variablesIn(database ? [database.url] : []);
}
