/**
 * Which bodies a daemon under test reads from their sockets (bytes; null: none), so that the same
 * tests hold both ways. TUSD_TS_DIRECT_BODIES=1 takes each, `never` none; without it the default.
 */
const chosen = process.env.TUSD_TS_DIRECT_BODIES;

export const DIRECT_BODIES = chosen === 'never' ? null : Number(chosen ?? 131_072);

/** The same for the environment of a daemon that is started as a process. */
export const DIRECT_BODIES_ENVIRONMENT: Record<string, string> =
  chosen === undefined ? {} : { UPLOAD_DAEMON_DIRECT_BODIES: chosen };
