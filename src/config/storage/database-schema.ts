import * as z from 'zod';
import { keptText } from '../values/kept-schema.ts';
import type { Reading } from '../values/reading.ts';
import { parseUrl } from '../values/url.ts';
import { readPath, text, wholeNumber } from '../values/value-schemas.ts';

const LARGEST_POOL = 100;

/** A socket is given as postgres://user@/name?host=/folder, which no parser of URLs takes. */
export function withHost(url: string): string {
  return url.replace(/^(\w+:\/\/(?:[^/@]*@)?)\//, '$1localhost/');
}

/** Reads the URL of a PostgreSQL database. The problem never quotes it: it holds a password. */
export function readDatabaseUrl(input: string): Reading<string> {
  if (/^postgres(ql)?:\/\//i.test(input) && !/\s/.test(input)) {
    if (parseUrl(withHost(input)) !== null) return { value: input };
  }
  return {
    problem:
      'it must be a URL such as "postgres://user@db.example.org/uploads"; in a password write %40 for @, %2F for /, %23 for #',
  };
}

const ssl = z.union(
  [
    z.boolean(),
    z.strictObject({
      ca: text('a path', readPath).meta({
        description: 'A PEM file with the authorities that may have signed its certificate.',
        minLength: 1,
      }),
    }),
  ],
  'it must be true, false or {"ca": path}',
);

/** The database of the records; null without one. */
export const databaseObject = z
  .strictObject(
    {
      url: keptText(
        'a PostgreSQL URL',
        '^[Pp][Oo][Ss][Tt][Gg][Rr][Ee][Ss]([Qq][Ll])?://',
        readDatabaseUrl,
      ).meta({
        description:
          'User, host and database: "postgres://user:password@host:5432/name", or the place where that is kept: {"file": path} or {"env": name}.',
      }),
      poolSize: wholeNumber(2, LARGEST_POOL)
        .prefault(10)
        .meta({ description: 'The most connections that one daemon opens.' }),
      ssl: ssl.optional().meta({
        description:
          'true: encrypted, with a certificate that this system trusts. {"ca": path}: with one of your own authority. false: not encrypted. Without it, as the URL says.',
      }),
    },
    'it must be an object with a "url", or null',
  )
  .nullable();

export type ParsedDatabase = NonNullable<z.output<typeof databaseObject>>;

/** The keys of `database`, for suggestions. */
export const DATABASE_NAMES: readonly string[] = [
  ...Object.keys(databaseObject.unwrap().shape),
  'ca',
];
