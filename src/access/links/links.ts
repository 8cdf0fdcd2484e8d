import { timingSafeEqual } from 'node:crypto';
import type { Rules } from '../../config/auth/rules-schema.ts';
import { isUsedUp, ownerOfLink, type UploadLink, usedUp } from '../../storage/model/link.ts';
import type { Identified } from '../identity.ts';
import { plainRules } from '../plain-rules.ts';
import { RememberedPasswords } from '../remembered.ts';
import { matchesPassword } from './link-password.ts';
import { hashOfToken, linkIdIn } from './link-token.ts';

/** Finds a link by its id. */
export type FindLink = (id: string) => Promise<UploadLink | undefined>;

/** The most passwords of links that are checked at once; each takes 16 MiB. */
const MOST_CHECKS = 4;

const WRONG = { wrong: 'the token is not valid' };

/**
 * Returns a check of the tokens of upload links. undefined when the text is none. `password` is null
 * when the client has sent none; `wait` above 0: no password of it is checked for so many seconds.
 */
export function createLinkCheck(find: FindLink, now: () => number) {
  const remembered = new RememberedPasswords();
  let checks = 0;
  const checkPassword = async (link: UploadLink, given: string, stored: string) => {
    if (checks >= MOST_CHECKS) return null;
    checks += 1;
    try {
      if (!(await matchesPassword(given, stored))) return false;
      remembered.add(link.id, given, stored);
      return true;
    } finally {
      checks -= 1;
    }
  };
  return async (
    token: string,
    password: string | null,
    { method, wait }: { readonly method: string; readonly wait: number },
  ): Promise<Identified | undefined> => {
    const id = linkIdIn(token);
    if (id === undefined) return undefined;
    const link = await find(id);
    const given = Buffer.from(hashOfToken(token), 'hex');
    const expected = Buffer.from(link?.hash ?? '', 'hex');
    // The id is no secret, so it may show that there is no such link.
    if (!link || expected.length !== given.length || !timingSafeEqual(expected, given)) {
      return WRONG;
    }
    const claimed = ownerOfLink(id);
    if (link.revokedAt !== null) return { wrong: 'this link was revoked', claimed };
    if (link.expiresAt !== null && link.expiresAt <= now()) {
      return { wrong: 'this link has expired', claimed };
    }
    const stored = link.password;
    if (stored !== null && !remembered.has(id, password ?? '', stored)) {
      const wrong = { claimed, asksPassword: true };
      if (password === null) return { ...wrong, wrong: 'this link has a password', retryAfter: 0 };
      if (wait > 0) return { ...wrong, wrong: 'the password is wrong', retryAfter: wait };
      const right = await checkPassword(link, password, stored);
      if (right === null) return { ...wrong, wrong: 'try again', retryAfter: 1 };
      if (!right) return { ...wrong, wrong: 'the password is wrong' };
    }
    if (method === 'POST' && isUsedUp(link)) throw usedUp();
    return { name: claimed, ambient: password !== null, rules: rulesOf(link), link: id };
  };
}

/** Enough for any tus client. What has arrived is for the maker of the link, and is not read again. */
function rulesOf({ maxSize, maxUploads }: UploadLink): Rules {
  const rules = plainRules(['create', 'append', 'terminate'], maxSize);
  if (maxSize === null || maxUploads === null) return rules;
  // Parts of a final upload do not count as uploads: room for them once beside the upload itself.
  return { ...rules, maxTotalSize: 2 * maxSize * maxUploads };
}
