import { linkIdIn } from '../../access/links/link-token.ts';
import { Fault } from '../../fault.ts';
import type { UploadLink } from '../../storage/model/link.ts';
import type { CommandStore } from '../../storage/store.ts';
import { LINK_PREFIX } from '../../text/principal-name.ts';

/**
 * Finds a link by its id, the beginning of it, the name of its principal ("link:ID"), or its token.
 * Throws NOT_FOUND, or USAGE when several begin so.
 */
export async function findLink(store: CommandStore, given: string): Promise<UploadLink> {
  const bare = given.startsWith(LINK_PREFIX) ? given.slice(LINK_PREFIX.length) : given;
  const id = linkIdIn(bare) ?? bare;
  const exact = await store.link(id);
  if (exact) return exact;
  const found = id === '' ? [] : (await store.links()).filter((link) => link.id.startsWith(id));
  if (found.length === 1) return found[0]!;
  const hint = 'What there is: tusd-ts link list';
  if (found.length > 1) {
    throw new Fault('USAGE', `${found.length} links begin with ${JSON.stringify(id)}`, { hint });
  }
  throw new Fault('NOT_FOUND', 'there is no such link', { hint });
}
