import type { Keys, Place, Resolved } from '../key.ts';
import { readPath } from '../values/value-schemas.ts';
import { absolute } from './upload-dir.ts';
import { daysType, listType } from './value-types.ts';

function filesType(what: string) {
  return {
    ...listType('a path in quotes', readPath, {
      type: 'list of paths',
      allowed: 'paths of PEM files',
      placeholder: '<file>',
    }),
    resolve: (paths: readonly string[], { folder }: Place): Resolved<readonly string[]> => ({
      value: paths.map((path) => absolute(folder, path, what)),
    }),
  } as const;
}

/** The keys about TLS, a part of the table in keys.ts. */
export const TLS_KEYS = {
  tlsCertificates: {
    ...filesType('the certificate'),
    live: true,
    default: [],
    example: ['/etc/upload-daemon/fullchain.pem'],
    inExampleFile: [],
    item: 'tlsCertificate',
    meaning:
      'Certificates, each with those of its issuers, to serve HTTPS at all addresses but unix sockets; clients get the first one that has the name they ask for. An empty list serves plain HTTP. A reload reads the files again.',
  },
  tlsKeys: {
    ...filesType('the key'),
    live: true,
    default: [],
    example: ['/etc/upload-daemon/privkey.pem'],
    inExampleFile: [],
    item: 'tlsKey',
    meaning:
      'Private keys of the certificates, in any order; a key may also stand in the file of its certificate.',
  },
  hstsDays: {
    ...daysType(),
    live: true,
    default: 180,
    example: 365,
    meaning:
      'With TLS, how long browsers shall use nothing but HTTPS for this host (Strict-Transport-Security); "never" sends no such header.',
  },
} as const satisfies Keys;
