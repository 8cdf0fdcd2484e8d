import { principalNameProblem } from '../../text/principal-name.ts';

/** The users of an htpasswd file, and a sentence for each line that cannot be used. */
export interface Htpasswd {
  readonly hashes: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

const BCRYPT = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/;
const ARGON2 =
  /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/;

/** A login must not take many seconds or much memory: bcrypt's cost, argon2's KiB and rounds. */
const MOST_COST = 15;
const MOST_MEMORY = 262_144;
const MOST_ROUNDS = 20;

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\{SHA\}/, 'SHA-1'],
  [/^\$apr1\$/, "Apache's MD5"],
  [/^\$[156]\$/, 'crypt'],
  [/^\$2[abxy]\$/, 'a kind of bcrypt that is not supported or is cut off'],
  [/^\$argon2/, 'a kind of argon2 that is not supported or is cut off'],
  [/^[./A-Za-z0-9]{13}$/, 'DES crypt'],
];

/** Reads `name:hash` lines. Never throws; problems name the line and the user, never the hash. */
export function parseHtpasswd(text: string): Htpasswd {
  const hashes = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).normalize('NFC');
    const hash = line.slice(colon + 1).trim();
    const shown = name === '' ? '' : ` (${JSON.stringify(name.slice(0, 80))})`;
    const problem =
      colon === -1
        ? 'it is not "name:hash"'
        : (principalNameProblem(name) ??
          (hashes.has(name) ? 'this name stands in the file twice' : hashProblem(hash)));
    if (problem === null) hashes.set(name, hash);
    else problems.push(`line ${index + 1}${shown}: ${problem}`);
  }
  return { hashes, problems };
}

function hashProblem(hash: string): string | null {
  const bcrypt = BCRYPT.exec(hash);
  if (bcrypt) {
    const cost = Number(bcrypt[1]);
    if (cost >= 4 && cost <= MOST_COST) return null;
    return `the cost of its bcrypt hash is not from 4 to ${MOST_COST}`;
  }
  const argon2 = ARGON2.exec(hash);
  if (argon2) {
    const [memory = 0, rounds = 0, lanes = 0] = argon2.slice(1, 4).map(Number);
    const sound = memory >= 8 * lanes && memory <= MOST_MEMORY && rounds >= 1 && lanes >= 1;
    if (sound && rounds <= MOST_ROUNDS && lanes <= 16) return null;
    return `its argon2 hash takes more than ${MOST_MEMORY} KiB or ${MOST_ROUNDS} rounds`;
  }
  const kind = KINDS.find(([pattern]) => pattern.test(hash))?.[1] ?? 'unknown';
  return `its hash is ${kind}; only bcrypt and argon2 are supported: htpasswd -B`;
}
