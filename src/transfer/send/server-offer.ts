import { Fault } from '../../fault.ts';
import { answerFault } from '../http/answer-fault.ts';
import type { HttpClient } from '../http/http-client.ts';

/** What a tus server offers (tus 1.0.0, OPTIONS). */
export interface ServerOffer {
  /** Where uploads are created, after redirects. */
  readonly endpoint: URL;
  readonly extensions: ReadonlySet<string>;
  readonly checksums: readonly string[];
  /** Bytes; null without a limit. */
  readonly maxSize: number | null;
}

/** Throws a PROTOCOL fault if the address is no tus server. */
export async function askOffer(
  client: HttpClient,
  endpoint: URL,
  now: () => number,
): Promise<ServerOffer> {
  const doing = 'asking what the server offers';
  const answer = await client.ask({ method: 'OPTIONS', url: endpoint, doing });
  const { status, headers } = answer;
  const list = (name: string) =>
    String(headers[name] ?? '')
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '');
  const versions = [...list('tus-version'), ...list('tus-resumable')];
  if ((status < 200 || status >= 300) && status !== 404) {
    throw answerFault(doing, answer, answer.text, now());
  }
  if (!versions.includes('1.0.0')) {
    throw new Fault('PROTOCOL', `${endpoint.href} is not the upload address of a tus server`, {
      hint: 'It is the address that creates uploads, such as http://host:1080/uploads/files/',
    });
  }
  const largest = Number(list('tus-max-size')[0] ?? Number.NaN);
  return {
    endpoint: answer.url,
    extensions: new Set(list('tus-extension')),
    checksums: list('tus-checksum-algorithm'),
    maxSize: Number.isSafeInteger(largest) && largest > 0 ? largest : null,
  };
}
