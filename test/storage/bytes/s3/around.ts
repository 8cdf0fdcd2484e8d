import type { ObjectStore } from '../../../../src/storage/bytes/s3/calls/object-store.ts';

export type Method = Exclude<keyof ObjectStore, 'close' | 'presign'>;

/** One call of S3: `make` makes it, as often as it is called. */
export interface Call {
  readonly method: Method;
  readonly args: readonly unknown[];
  readonly signal: AbortSignal;
  make(): Promise<unknown>;
}

/** An S3 whose calls go through `around`, which may fail, wait, lie or make them. */
export function around(store: ObjectStore, handle: (call: Call) => Promise<unknown>): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      if (name === 'close' || name === 'presign') return method.bind(target);
      return (...args: unknown[]) =>
        handle({
          method: name as Method,
          args,
          signal: args.at(-1) as AbortSignal,
          make: () => method.apply(target, args),
        });
    },
  });
}
