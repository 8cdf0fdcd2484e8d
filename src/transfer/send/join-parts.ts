import { Fault } from '../../fault.ts';
import { HOUR } from '../../text/span.ts';
import { answerFault } from '../http/answer-fault.ts';
import { resolveLocation } from '../http/credentials.ts';
import type { Server } from './server.ts';

/** Servers that copy the parts take their time (milliseconds). */
const ANSWER_TIMEOUT = HOUR;

/** Makes one upload of finished parts (tus 1.0.0, concatenation). Resolves with its URL. */
export async function joinParts(
  { client, offer, now }: Server,
  parts: readonly string[],
  metadata: Readonly<Record<string, string>>,
): Promise<string> {
  const doing = 'joining the parts';
  const encoded = encodeMetadata(metadata);
  const answer = await client.ask({
    method: 'POST',
    url: offer.endpoint,
    doing,
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Concat': concatOf(parts),
      ...(encoded === '' ? {} : { 'Upload-Metadata': encoded }),
    },
    answerTimeout: ANSWER_TIMEOUT,
  });
  const { status, headers, url } = answer;
  if (status < 200 || status >= 300) throw answerFault(doing, answer, answer.text, now());
  const { location } = headers;
  if (location === undefined || !URL.canParse(location, url.href)) {
    throw new Fault('PROTOCOL', `${doing}: the server gave no Location`);
  }
  return resolveLocation(location, url).href;
}

/** The value of Upload-Concat that makes an upload of these parts. */
export function concatOf(parts: readonly string[]): string {
  return `final;${parts.join(' ')}`;
}

function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  return metadataPairs(metadata).join(',');
}

/** The elements of Upload-Metadata. */
export function metadataPairs(metadata: Readonly<Record<string, string>>): string[] {
  return Object.entries(metadata).map(([key, value]) =>
    `${key} ${Buffer.from(value).toString('base64')}`.trim(),
  );
}
