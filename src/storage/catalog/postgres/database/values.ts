import type { CustomTypesConfig } from 'pg';

/**
 * PostgreSQL stores no NUL in a text, and hostile names may have one. Two control characters take two
 * characters instead; the order of texts by their bytes stays the same.
 */
const ESCAPES: Readonly<Record<string, string>> = { '\0': '\x01\x01', '\x01': '\x01\x02' };
const UNSAFE = /[\0\x01]/;

export function encodeText(text: string): string {
  return UNSAFE.test(text) ? text.replace(/[\0\x01]/g, (one) => ESCAPES[one]!) : text;
}

export function decodeText(text: string): string {
  return text.includes('\x01')
    ? text.replace(/\x01[\x01\x02]/g, (two) => (two === '\x01\x01' ? '\0' : '\x01'))
    : text;
}

/** A parameter as `pg` sends it. */
export function encodeValue(value: unknown): unknown {
  if (typeof value === 'string') return encodeText(value);
  if (Array.isArray(value)) return value.map(encodeValue);
  return value;
}

/** Numbers of types in PostgreSQL's catalog, which never change. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't', // bool
  20: Number, // bigint: sizes and times, which are safe integers
  21: Number, // smallint
  23: Number, // integer
  25: decodeText, // text
  114: JSON.parse, // json
  701: Number, // double precision
};

/** Reads results of PostgreSQL as JavaScript values. Types that are not listed stay text. */
export const TYPES: CustomTypesConfig = {
  getTypeParser: ((type: number) => PARSERS[type] ?? String) as CustomTypesConfig['getTypeParser'],
};
