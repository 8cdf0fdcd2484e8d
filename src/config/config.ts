import type { ConfigOf } from './key.ts';
import type { KEYS } from './keys.ts';

/**
 * The configuration in force, as the program uses it: paths absolute, sizes in bytes, time spans in
 * milliseconds, and null where the file says "never", "unlimited" or "off". Made from the keys.
 */
export type Config = ConfigOf<typeof KEYS>;
