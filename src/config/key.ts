import * as z from 'zod';

/** The allowed values of a key and their notation. Created by value-types.ts. */
export interface ValueType {
  /** Validates a value from the file and converts it for the program. */
  readonly schema: z.ZodType;
  /** How text from a flag or a variable is converted to a value of the file. */
  readonly kind: 'number' | 'text' | 'boolean' | 'list' | 'file-only';
  /** The type in a word or two. */
  readonly type: string;
  /** The allowed values, for the documentation. */
  readonly allowed: string;
  /** The placeholder for the value in `--help`. */
  readonly placeholder: string;
  /** ms: a time span; the program's property is in milliseconds and its name ends in Ms. */
  readonly unit?: 'ms' | 'bytes';
}

/** The definition of a configuration key: everything but the code that uses it. */
export interface Key extends ValueType {
  /** As it would be written in the file. */
  readonly default: unknown;
  /** What the key is for, in one or two sentences. */
  readonly meaning: string;
  /** An example value for the documentation, as it would be written in the file. */
  readonly example: unknown;
  /** The value in the example file, if not the default. */
  readonly inExampleFile?: unknown;
  /** The name of one list item, for a flag that can be repeated. */
  readonly item?: string;
  /** One of the few keys that most installations set. */
  readonly common?: true;
  /** SIGHUP applies a new value to the running daemon; other keys need a restart. */
  readonly live?: true;
  /** `tusd-ts config` shows the value as the program uses it, not as it was written. */
  readonly shownAsUsed?: true;
  /** Converts the validated value for the program, if that needs more than the value itself. */
  resolve?(value: unknown, place: Place): Resolved | Promise<Resolved>;
  /** Environment variables that the validated value refers to. */
  variablesIn?(value: unknown): ReadonlySet<string>;
  /**
   * Formats the value (as in the file, secrets replaced) on one line; default: the value itself.
   */
  text?(value: unknown): string;
}

/** All keys by name, in the order of the documentation. */
export type Keys = Readonly<Record<string, Key>>;

/** The context that a value may depend on. */
export interface Place {
  /** The base of relative paths; null when the working directory was removed. */
  readonly folder: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** See LoadOptions. */
  readonly withSecrets: boolean | 'if-there';
}

export interface Resolved<T = unknown> {
  readonly value: T;
  readonly problems?: readonly ValueProblem[];
}

/** A problem with part of a value, and the path to that part. */
export interface ValueProblem {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

/** The configuration as the program uses it. A time span "idleTimeout" becomes idleTimeoutMs. */
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

/** The name of a key's property in the program's configuration. */
export function propertyOf(name: string, { unit }: ValueType): string {
  return unit === 'ms' ? `${name.replace(/Days$/, '')}Ms` : name;
}

/** The schema of a key with its default. */
export function schemaOf(key: Key): z.ZodType {
  return key.schema.prefault(key.default).meta({ description: key.meaning });
}

/** The schema of a configuration file with these keys. Every key is optional. */
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
