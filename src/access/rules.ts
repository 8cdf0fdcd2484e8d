import type { Auth } from '../config/auth/auth-schema.ts';
import type { Grant, Rules } from '../config/auth/rules-schema.ts';
import type { Principal } from '../storage/model/upload.ts';
import type { Narrowing } from './identity.ts';

/** A principal with its rules in force. */
export interface RuledPrincipal extends Principal {
  readonly rules: Rules;
}

/** The rules of a principal as configured; null is a client without credentials. */
export function rulesOf(auth: Auth, name: string | null): Rules {
  if (name === null) return auth.anonymous;
  return auth.principals.get(name) ?? auth.everyone;
}

/** Rules that allow no more than `rules`, and no more than `narrowing`. */
export function narrow(rules: Rules, narrowing: Narrowing | undefined): Rules {
  if (!narrowing) return rules;
  const { grants, maxSize } = narrowing;
  return {
    ...rules,
    ...(grants ? { grants: rules.grants.filter((grant) => grants.includes(grant)) } : {}),
    ...(maxSize === undefined
      ? {}
      : { maxSize: rules.maxSize === null ? maxSize : Math.min(rules.maxSize, maxSize) }),
  };
}

export function principalOf(name: string | null, rules: Rules): RuledPrincipal {
  const { grants, maxSize, maxTotalSize } = rules;
  const limited = maxTotalSize !== null;
  return { name, readsAny: grants.includes('read-any'), maxSize, limited, rules };
}

/** The grants of which a method needs one. OPTIONS needs none. */
const NEEDED: Readonly<Record<string, readonly Grant[]>> = {
  POST: ['create'],
  PATCH: ['append'],
  // A client that resumes asks for the offset.
  HEAD: ['append', 'read', 'read-any'],
  GET: ['read', 'read-any'],
  DELETE: ['terminate'],
};

/** The grant that a request lacks; null when it is permitted. An unknown method lacks all. */
export function lackingGrant({ grants }: Rules, method: string): Grant | null {
  const needed = NEEDED[method] ?? ['terminate'];
  return needed.some((grant) => grants.includes(grant)) ? null : needed[0]!;
}
