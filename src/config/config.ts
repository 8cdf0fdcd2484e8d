import type { ConfigOf } from './key.ts';
import type { KEYS } from './keys/keys.ts';

/**
 * The effective configuration as the program uses it: absolute paths, sizes in bytes, time spans in
 * milliseconds, and null where the file says "never", "unlimited" or "off". Derived from the keys.
 */
export type Config = ConfigOf<typeof KEYS>;
