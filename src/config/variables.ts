import { sanitize } from '../text/sanitize.ts';
import type { Key, Keys } from './key.ts';
import { nearestName } from './nearest.ts';

const PREFIX = 'UPLOAD_DAEMON_';

/** The variable that names the configuration file. */
export const FILE_VARIABLE = `${PREFIX}CONFIG`;

/** The environment variable of a key: `corsOrigins` is UPLOAD_DAEMON_CORS_ORIGINS. */
export function variableOf(key: string): string {
  return PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Every key that a variable can set, by the variable's name. */
export function variablesOf(keys: Keys): ReadonlyMap<string, string> {
  return new Map(namesOf(keys, (kind) => kind !== 'file-only'));
}

function namesOf(keys: Keys, wanted: (kind: Key['kind']) => boolean): [string, string][] {
  return Object.entries(keys)
    .filter(([, { kind }]) => wanted(kind))
    .map(([name]) => [variableOf(name), name]);
}

/**
 * A sentence for every unknown UPLOAD_DAEMON_* variable. `expected` are the variables that the
 * configuration file refers to for secrets.
 */
export function unknownVariables(
  keys: Keys,
  env: Readonly<Record<string, string | undefined>>,
  expected: ReadonlySet<string>,
): string[] {
  const known = [...variablesOf(keys).keys(), FILE_VARIABLE];
  const fileOnly = new Map(namesOf(keys, (kind) => kind === 'file-only'));
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && env[name] !== undefined)
    .filter((name) => !known.includes(name) && !expected.has(name))
    .map((name) => {
      const key = fileOnly.get(name);
      if (key !== undefined) {
        return `${name} is not supported: ${key} belongs in the configuration file.`;
      }
      if (isServiceLink(name)) {
        return `unknown variable ${name}. Kubernetes sets it for a Service called "upload-daemon": set enableServiceLinks: false in the pod, or rename the Service.`;
      }
      const suffixes = known.map((item) => item.slice(PREFIX.length));
      const nearest = nearestName(name.slice(PREFIX.length), suffixes);
      const shown = sanitize(name.slice(0, 200));
      return nearest === undefined
        ? `unknown variable ${shown}.`
        : `unknown variable ${shown}. Did you mean ${PREFIX}${nearest}?`;
    });
}

// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
function isServiceLink(name: string): boolean {
  return /^(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))(_|$)/.test(name.slice(PREFIX.length));
}
