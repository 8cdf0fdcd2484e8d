import type { Auth } from '../config/auth/auth-schema.ts';
import { plainRules } from './plain-rules.ts';

const EVERYTHING = plainRules(['create', 'append', 'read', 'terminate'], null);

/** Without `auth` everyone may do everything, unless a `pre-access` hook says otherwise. */
export const OPEN_AUTH: Auth = {
  tokens: [],
  basic: null,
  jwt: null,
  certificate: null,
  proxy: null,
  hookCacheMs: 5_000,
  everyone: EVERYTHING,
  principals: new Map(),
  anonymous: EVERYTHING,
};
