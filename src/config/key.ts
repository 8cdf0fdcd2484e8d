import * as z from 'zod';

/** The values that a key may have, and how they are written. Made by value-types.ts. */
export interface ValueType {
  /** Checks a value of the file and turns it into what the program uses. */
  readonly schema: z.ZodType;
  /** How text from a flag or a variable becomes a value of the file. */
  readonly kind: 'number' | 'text' | 'boolean' | 'list' | 'file-only';
  /** The type in a word or two. */
  readonly type: string;
  /** What is allowed, as the documentation says it. */
  readonly allowed: string;
  /** What stands for the value in `--help`. */
  readonly placeholder: string;
  /** ms: a time span, which the program has in milliseconds, under a name that says so. */
  readonly unit?: 'ms' | 'bytes';
}

/** A key of the configuration: everything about it but the code that uses it. */
export interface Key extends ValueType {
  /** As it would stand in the file. */
  readonly default: unknown;
  /** What the key is for, in one or two sentences. */
  readonly meaning: string;
  /** A value for the documentation, as it would stand in the file. */
  readonly example: unknown;
  /** What the example file has instead of the default. */
  readonly inExampleFile?: unknown;
  /** The name of one item of a list, for a flag that is given once for each. */
  readonly item?: string;
  /** One of the few keys that most installations set. */
  readonly common?: true;
  /** `tusd-ts config` shows the value as the program uses it, and not as it was written. */
  readonly shownAsUsed?: true;
  /** Turns the checked value into what the program uses, where that takes more than the value. */
  resolve?(value: unknown, place: Place): Resolved | Promise<Resolved>;
  /** Environment variables that the checked value refers to. */
  variablesIn?(value: unknown): ReadonlySet<string>;
  /** The value (as in the file, secrets replaced) on one line; without it, the value itself. */
  text?(value: unknown): string;
}

/** All keys by name, in the order of the documentation. */
export type Keys = Readonly<Record<string, Key>>;

/** What a value may depend on. */
export interface Place {
  /** Relative paths count from here; null when the working directory was removed. */
  readonly folder: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** See LoadOptions. */
  readonly withSecrets: boolean | 'if-there';
}

export interface Resolved<T = unknown> {
  readonly value: T;
  readonly problems?: readonly ValueProblem[];
}

/** What is wrong with a part of a value, and the path to that part. */
export interface ValueProblem {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

/** The configuration as the program uses it. A time span "idleTimeout" is idleTimeoutMs there. */
export type ConfigOf<K extends Keys> = {
  readonly [N in keyof K & string as PropertyOf<N, K[N]>]: Used<K[N]>;
};

type PropertyOf<N extends string, K extends Key> = K extends { readonly unit: 'ms' }
  ? N extends `${infer Stem}Days`
    ? `${Stem}Ms`
    : `${N}Ms`
  : N;

type Used<K extends Key> = K extends { resolve(...args: never): infer R }
  ? Awaited<R> extends Resolved<infer T>
    ? T
    : never
  : Fixed<z.output<K['schema']>>;

type Fixed<T> = T extends readonly (infer Item)[] ? readonly Item[] : T;

/** The name of a key's value in the configuration that the program uses. */
export function propertyOf(name: string, { unit }: ValueType): string {
  return unit === 'ms' ? `${name.replace(/Days$/, '')}Ms` : name;
}

/** The schema of a key with its default. */
export function schemaOf(key: Key): z.ZodType {
  return key.schema.prefault(key.default).meta({ description: key.meaning });
}

/** The schema of a configuration file with these keys. Every key may be left out. */
export function fileSchema(keys: Keys) {
  const shape = Object.entries(keys).map(([name, key]) => [name, schemaOf(key)]);
  return z
    .strictObject({
      $schema: z
        .string()
        .optional()
        .meta({ description: 'Where an editor finds the JSON Schema of this file. Ignored.' }),
      ...(Object.fromEntries(shape) as Record<string, z.ZodType>),
    })
    .meta({
      title: 'upload-daemon configuration',
      description: 'The configuration file of tusd-ts. Every key may be left out.',
    });
}
