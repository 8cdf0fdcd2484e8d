import { readFile, stat } from 'node:fs/promises';
import { errnoOf, Fault, messageOf } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { unknownName } from '../claimed-name.ts';
import type { Identified } from '../identity.ts';
import { RememberedPasswords } from '../remembered.ts';
import { type Htpasswd, parseHtpasswd } from './htpasswd.ts';
import { PasswordCheck } from './password-check.ts';

/** How often the file is looked at (milliseconds). */
const LOOK_EVERY = 1_000;
const LARGEST = 1024 * 1024;

export interface BasicOptions {
  /** Absolute path of an htpasswd file. */
  readonly file: string;
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

export interface Basic {
  /**
   * Checks a name and a password. With `retryAfter` above 0 the client has guessed wrong too often, and
   * gets an answer from memory alone.
   */
  identify(
    user: string,
    password: string,
    client: { readonly address: string; readonly retryAfter: number },
  ): Promise<Identified>;
  stop(): void;
}

const WRONG = 'the user name or the password is wrong';

/** Logins with the passwords of an htpasswd file. Throws CONFIG when the file cannot be read. */
export async function openBasic({ file, now, warn }: BasicOptions): Promise<Basic> {
  const remembered = new RememberedPasswords();
  const check = new PasswordCheck((error) =>
    warn(`passwords cannot be checked: ${messageOf(error)}`),
  );
  let { users, version } = await read(file).catch((error) => {
    throw new Fault('CONFIG', `the htpasswd file ${sanitize(file)} cannot be read: ${why(error)}`, {
      cause: error,
    });
  });
  let lookedAt = now();
  let trouble = '';
  const tellProblems = ({ problems }: Htpasswd) => {
    for (const problem of problems) warn(`${sanitize(file)}, ${sanitize(problem)}`);
  };
  tellProblems(users);

  const lookAgain = async () => {
    const at = now();
    if (at >= lookedAt && at - lookedAt < LOOK_EVERY) return;
    lookedAt = at;
    try {
      if ((await versionOf(file)) === version) return;
      ({ users, version } = await read(file));
      trouble = '';
      tellProblems(users);
    } catch (error) {
      // The users that were read before still count: an editor may be replacing the file.
      const sentence = `the htpasswd file ${sanitize(file)} cannot be read again: ${why(error)}`;
      if (sentence !== trouble) warn(sentence);
      trouble = sentence;
    }
  };

  return {
    async identify(user, password, { address, retryAfter }) {
      await lookAgain();
      const hash = users.hashes.get(user);
      if (hash !== undefined && remembered.has(user, password, hash)) {
        return { name: user, ambient: true };
      }
      const wrong = { wrong: WRONG, claimed: hash === undefined ? unknownName(user) : user };
      if (retryAfter > 0) return { ...wrong, retryAfter };
      // An unknown name takes as long as a known one.
      const compared = hash ?? users.hashes.values().next().value;
      if (compared === undefined) return wrong;
      const matches = await check.matches(password, compared, address);
      if (matches === null) return { ...wrong, retryAfter: 1 };
      if (!matches || hash === undefined) return wrong;
      remembered.add(user, password, hash);
      return { name: user, ambient: true };
    },
    stop: () => check.stop(),
  };
}

async function read(file: string): Promise<{ users: Htpasswd; version: string }> {
  const version = await versionOf(file);
  const text = await readFile(file, 'utf8');
  return { users: parseHtpasswd(text), version };
}

async function versionOf(file: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(file);
  if (size > LARGEST) throw new Error('it is larger than 1 MiB');
  return [ino, size, mtimeMs, ctimeMs].join();
}

function why(error: unknown): string {
  return errnoOf(error) ?? messageOf(error);
}
