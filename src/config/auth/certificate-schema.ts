import * as z from 'zod';
import { type Reading, via } from '../values/reading.ts';
import { listOf, readPath, text, word, yesOrNo } from '../values/value-schemas.ts';
import { readPrincipalName } from './principal-name.ts';

/** The parts of a certificate that may name the principal. */
const NAME_FIELDS = ['commonName', 'email', 'dns', 'uri'] as const;

const OBJECT = 'it must be an object';

const paths = listOf('a path in quotes', readPath);

/** Fingerprints in lower case without colons, as the program compares them. */
function readFingerprints(input: Record<string, string>): Reading<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const [text, name] of Object.entries(input)) {
    const fingerprint = text
      .replace(/^sha256[:=]/i, '')
      .replaceAll(':', '')
      .toLowerCase();
    const shown = JSON.stringify(text.slice(0, 80));
    if (!/^[0-9a-f]{64}$/.test(fingerprint)) {
      return {
        problem: `${shown} is not a SHA-256 fingerprint: openssl x509 -noout -fingerprint -sha256 -in FILE`,
      };
    }
    if (names.has(fingerprint)) return { problem: `${shown} is there twice` };
    names.set(fingerprint, name);
  }
  return { value: names };
}

/** Certificates of clients as a way to log in. */
export const certificate = z
  .strictObject(
    {
      ca: paths.min(1, 'it must name at least one file').meta({
        description: 'PEM files with the certificates of the authorities whose clients count.',
      }),
      crl: paths.prefault([]).meta({
        description:
          'PEM files with lists of revoked certificates (CRL), one of each authority. Without any, nothing is revoked.',
      }),
      principalField: word(NAME_FIELDS).optional().meta({
        description:
          'Where a certificate names the principal: the common name of its subject (the default), or its only alternative name of this kind.',
      }),
      fingerprints: z
        .record(
          z.string(),
          text('the name of a principal', readPrincipalName),
          'it must be an object of fingerprints and names',
        )
        .transform(via(readFingerprints))
        .optional()
        .meta({
          description:
            'The principals of single certificates, by SHA-256 fingerprint; then no other certificate counts.',
        }),
      required: yesOrNo().prefault(false).meta({
        description: 'Whether each request must come with a certificate, whatever else it brings.',
      }),
    },
    OBJECT,
  )
  .transform(
    via((value) =>
      value.principalField !== undefined && value.fingerprints !== undefined
        ? { problem: 'it takes either a "principalField" or "fingerprints"' }
        : { value },
    ),
  );
