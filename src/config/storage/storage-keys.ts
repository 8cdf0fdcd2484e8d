import type { Keys } from '../key.ts';
import { databaseObject } from './database-schema.ts';
import {
  resolveDatabase,
  resolveStorage,
  variablesOfDatabase,
  variablesOfStorage,
} from './resolve-storage.ts';
import { storageObject } from './storage-schema.ts';
import { databaseText, storageText } from './storage-text.ts';

const PAGE = '[More than one machine](scale-out.md#configure-it) has its keys';

const STORAGE = {
  schema: storageObject,
  kind: 'file-only',
  type: 'object',
  allowed: `an object with a type, "local" or "s3"; ${PAGE}`,
  placeholder: '',
  resolve: resolveStorage,
  variablesIn: variablesOfStorage,
  text: storageText,
} as const;

const DATABASE = {
  schema: databaseObject,
  kind: 'file-only',
  type: 'object or null',
  allowed: `an object with the URL of a database, or null; ${PAGE}`,
  placeholder: '',
  resolve: resolveDatabase,
  variablesIn: variablesOfDatabase,
  text: databaseText,
} as const;

/** The keys that let several daemons share the uploads, a part of the table in keys.ts. */
export const STORAGE_KEYS = {
  storage: {
    ...STORAGE,
    default: { type: 'local' },
    example: {
      type: 's3',
      bucket: 'uploads',
      prefix: 'tusd-ts/',
      endpoint: 'https://s3.example.org',
      credentials: {
        accessKeyId: { env: 'S3_ACCESS_KEY' },
        secretAccessKey: { env: 'S3_SECRET_KEY' },
      },
    },
    inExampleFile: { type: 'local' },
    meaning:
      'Where uploads are kept: in files of uploadDir, or in a bucket that any number of daemons share, together with a database.',
  },
  database: {
    ...DATABASE,
    default: null,
    example: { url: { env: 'DATABASE_URL' }, poolSize: 10 },
    inExampleFile: null,
    meaning: 'The PostgreSQL database for the records of storage "s3". null: there is none.',
  },
} as const satisfies Keys;
