import type { Config } from '../../config/config.ts';
import { Fault } from '../../fault.ts';
import type { ListenAddress } from '../../http/doors/address.ts';
import { shownDatabase, storagePlaceOf } from '../storage-place.ts';
import { checkAddress } from './check-address.ts';
import { checkCertificates } from './check-certificates.ts';
import { checkHook } from './check-hook.ts';
import { checkBucket, checkDatabase } from './check-shared.ts';
import { checkUploads } from './check-uploads.ts';

/** The outcome of one check: a sentence about what was found, or a fault. */
export type Checked = { readonly what: string } & (
  | { readonly found: string }
  | { readonly fault: Fault }
);

/**
 * Looks at everything that a start needs beyond a valid configuration, and changes nothing: the upload
 * directory and its catalog, or the bucket and the database, the programs of hooks, the certificates and
 * the addresses. Yields each outcome.
 */
export async function* checkStart(
  config: Config,
  addresses: readonly ListenAddress[],
  env: Readonly<Record<string, string | undefined>>,
): AsyncGenerator<Checked> {
  const { shared } = storagePlaceOf(config);
  if (shared) {
    yield await outcome('bucket', () => checkBucket(shared));
    yield await outcome('database', () => checkDatabase(shared, shownDatabase(config) ?? ''));
  } else yield await outcome('uploads', () => checkUploads(config));
  for (const hook of config.hooks) {
    yield await outcome(`hook ${hook.name}`, () => checkHook(hook, env));
  }
  if (config.tlsCertificates.length + config.tlsKeys.length > 0 || config.auth?.certificate) {
    yield await outcome('certificates', () => checkCertificates(config));
  }
  for (const address of addresses) {
    yield await outcome('address', () => checkAddress(address, config.basePath));
  }
}

async function outcome(what: string, check: () => Promise<string>): Promise<Checked> {
  try {
    return { what, found: await check() };
  } catch (error) {
    if (error instanceof Fault) return { what, fault: error };
    throw error;
  }
}
