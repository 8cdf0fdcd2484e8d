import { Fault } from '../../fault.ts';
import { answerFault } from '../http/answer-fault.ts';
import { resolveLocation } from '../http/credentials.ts';
import type { Answer } from '../http/http-client.ts';
import { concatOf, metadataPairs } from './join-parts.ts';
import type { Server } from './server.ts';

const DOING = 'looking for the joined upload';

/**
 * Finds the upload that an earlier attempt has made of these parts, whose answer was lost. tus has no
 * question for that; tusd-ts names it in the HEAD of a part, as a Link of the relation "collection". null:
 * there is none, or this server does not tell. `metadata` is what does not depend on the time.
 */
export async function findJoined(
  server: Server,
  parts: readonly string[],
  metadata: Readonly<Record<string, string>>,
): Promise<string | null> {
  const part = await look(server, new URL(parts[0]!));
  for (const url of part === null ? [] : linksOf(part)) {
    const final = await look(server, url);
    if (final === null || final.headers['upload-concat'] !== concatOf(parts)) continue;
    const told = String(final.headers['upload-metadata'] ?? '').split(',');
    if (!metadataPairs(metadata).every((pair) => told.includes(pair))) continue;
    if (final.headers['upload-offset'] !== undefined) return url.href;
    throw new Fault('CONFLICT', `${DOING}: the server is still joining the parts`);
  }
  return null;
}

async function look({ client, now }: Server, url: URL): Promise<Answer | null> {
  const headers = { 'Tus-Resumable': '1.0.0' };
  const answer = await client.ask({ method: 'HEAD', url, doing: DOING, headers });
  if (answer.status >= 200 && answer.status < 300) return answer;
  // Parts may be gone once they were joined.
  if (answer.status === 403 || answer.status === 404 || answer.status === 410) return null;
  throw answerFault(DOING, answer, '', now());
}

function linksOf({ headers, url }: Answer): URL[] {
  const links = String(headers.link ?? '').matchAll(/<([^>]*)>;\s*rel="?collection"?\s*(?:,|$)/g);
  return [...links].flatMap(([, target = '']) =>
    URL.canParse(target, url.href) ? [resolveLocation(target, url)] : [],
  );
}
