import type { Auth } from '../config/auth/auth-schema.ts';
import type { Rules } from '../config/auth/rules-schema.ts';

const EVERYTHING: Rules = {
  grants: ['create', 'append', 'read', 'terminate'],
  maxSize: null,
  types: [],
  names: [],
};

/** Without `auth` everyone may do everything, unless a `pre-access` hook says otherwise. */
export const OPEN_AUTH: Auth = {
  tokens: [],
  basic: null,
  jwt: null,
  proxy: null,
  hookCacheMs: 5_000,
  everyone: EVERYTHING,
  principals: new Map(),
  anonymous: EVERYTHING,
};
