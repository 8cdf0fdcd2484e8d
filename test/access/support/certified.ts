import type { TestContext } from 'node:test';
import { type Authority, makeAuthority } from '../../support/authority.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { type Guarded, startGuarded } from './guarded.ts';

export interface Certified {
  readonly folder: string;
  readonly authority: Authority;
  readonly daemon: Guarded;
  readonly url: string;
}

/** The real command with a certificate of its own, and an authority for those of clients. */
export async function startCertified(
  t: TestContext,
  settings: (authority: Authority) => object = () => ({}),
  { auth = {}, ...more }: { auth?: object } & Record<string, unknown> = {},
  args: readonly string[] = [],
): Promise<Certified> {
  const folder = temporaryFolder(t);
  const authority = makeAuthority(folder, 'clients');
  const server = makeCertificate(folder, 'server', ['localhost']);
  const certificate = { ca: [authority.cert], ...settings(authority) };
  const daemon = await startGuarded(
    t,
    { certificate, ...auth },
    { tlsCertificates: [server.cert], tlsKeys: [server.key], ...more },
    {},
    args,
  );
  return { folder, authority, daemon, url: daemon.url };
}
