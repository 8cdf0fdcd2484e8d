import type { X509Certificate } from 'node:crypto';
import type { CertificateSettings } from '../config/auth/auth-schema.ts';

type NameField = NonNullable<CertificateSettings['principalField']>;

/** Node's labels of alternative names. */
const LABELS: Readonly<Record<Exclude<NameField, 'commonName'>, string>> = {
  email: 'email',
  dns: 'DNS',
  uri: 'URI',
};

/** One of Node's alternative names: values that could be misread stand in quotes, as in JSON. */
const ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** The different names in a field of a certificate (hostile text): none, one, or several. */
export function nameIn(certificate: X509Certificate, field: NameField): readonly string[] {
  if (field === 'commonName') {
    // The object has the text as it is; the text of `subject` is escaped.
    const { subject } = certificate.toLegacyObject() as { readonly subject?: { CN?: unknown } };
    return different([subject?.CN].flat());
  }
  return different(alternativeNames(certificate.subjectAltName ?? '', LABELS[field]));
}

function different(names: readonly unknown[]): readonly string[] {
  return [...new Set(names.filter((name) => typeof name === 'string'))];
}

/** The values with a label. A text that is not understood to its end has none. */
export function alternativeNames(text: string, label: string): string[] {
  const found: string[] = [];
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < text.length) {
    const [, name, value = ''] = ENTRY.exec(text) ?? [];
    if (name === undefined) return [];
    if (name !== label) continue;
    found.push(value.startsWith('"') ? unquoted(value) : value);
  }
  return found;
}

function unquoted(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    // Not a name that anybody can have.
    return '';
  }
}
