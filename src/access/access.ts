import type { Auth } from '../config/auth/auth-schema.ts';
import { Fault } from '../fault.ts';
import type { AskForAccess } from '../hooks/pre-access.ts';
import { countFor } from '../limits/subjects.ts';
import type { Guards } from '../storage/model/events.ts';
import type { AccessRequest } from './access-request.ts';
import { challenge } from './challenge.ts';
import { withCreationRules } from './creation-rules.ts';
import { type CrossSiteOptions, createCrossSiteCheck } from './cross-site.ts';
import { evenOut } from './even-refusal.ts';
import { type FailedLogin, FailedLogins } from './failed-logins.ts';
import { createHookAnswers } from './hook-answers.ts';
import { type Identity, isWrong, type Narrowing, type Wrong } from './identity.ts';
import { LinkWatch } from './links/link-watch.ts';
import { lackingGrant, narrow, principalOf, type RuledPrincipal, rulesOf } from './rules.ts';
import { subjectOf } from './subject.ts';
import { openWays, type WayOptions } from './ways.ts';

export interface AccessOptions extends WayOptions, CrossSiteOptions {
  readonly askForAccess: AskForAccess | null;
  readonly onFailedLogin: (failed: FailedLogin) => void;
}

/** Decides who may do what. */
export interface Access {
  /**
   * The principal of a request, which may do what the method says; `null` for OPTIONS, which needs
   * nobody: browsers ask before they send credentials. Decides before any byte of a body is read.
   * Throws UNAUTHORIZED, FORBIDDEN, UNAVAILABLE, or what a hook throws.
   */
  admit(request: AccessRequest): Promise<RuledPrincipal | null>;
  /** The guards of storage with the rules about what may be created. */
  withRules(guards: Guards): Guards;
  /** Lets pages of other origins use a login, from now on. */
  reconfigure(options: Pick<CrossSiteOptions, 'corsOrigins' | 'publicUrl'>): void;
  /** To be awaited before a request is refused (see evenOut). */
  evenOut(error: unknown, startedAt: number): Promise<void>;
  stop(): void;
}

/** Opens what `auth` names. Throws CONFIG when a file of it cannot be used. */
export async function openAccess(auth: Auth, options: AccessOptions): Promise<Access> {
  const ways = await openWays(auth, options);
  const failed = new FailedLogins();
  let checkSite = createCrossSiteCheck(options);
  const { askForAccess, onFailedLogin } = options;
  const watch = new LinkWatch(options.findLink);
  const askHooks = askForAccess && createHookAnswers(askForAccess, auth.hookCacheMs);
  const refuse = (wrong: Wrong, { client: { address } }: AccessRequest): Fault => {
    const wait = wrong.retryAfter ?? failed.failed(address);
    if (wrong.retryAfter === undefined) {
      onFailedLogin({ address, claimed: wrong.claimed ?? null, why: wrong.wrong });
    }
    if (wait > 0) {
      return new Fault('UNAUTHORIZED', 'too many wrong logins; try again later', {
        status: 429,
        retryAfter: wait,
      });
    }
    return new Fault('UNAUTHORIZED', wrong.wrong, challenge(auth, wrong));
  };

  return {
    async admit(request) {
      const { method, client } = request;
      if (method === 'OPTIONS') return null;
      const barred = ways.barred(request);
      if (barred) throw refuse(barred, request);
      const wait = failed.wait(client.address);
      const identified = ways.identify(request, wait);
      // Most logins need nobody else, and no turn of the event loop.
      const shown = identified instanceof Promise ? await identified : identified;
      // Credentials that no way knows may be those that a hook knows.
      const wrong = shown && isWrong(shown) ? shown : undefined;
      if (wrong && !askHooks) throw refuse(wrong, request);
      let identity: Identity | null = shown && !isWrong(shown) ? shown : null;
      let narrowed: Narrowing | undefined;
      if (askHooks) {
        const verdict = await askHooks(request, identity?.name ?? null);
        identity = verdict.identity ?? identity;
        narrowed = verdict.narrowed;
      }
      if (wrong && !identity) throw refuse(wrong, request);
      if (identity?.ambient) checkSite(request);
      const name = identity?.name ?? null;
      const rules = narrow(
        narrow(identity?.rules ?? rulesOf(auth, name), identity?.narrowed),
        narrowed,
      );
      const lacking = lackingGrant(rules, method);
      if (lacking !== null && !identity) {
        throw new Fault('UNAUTHORIZED', 'log in to do this', challenge(auth));
      }
      if (lacking !== null) {
        throw new Fault('FORBIDDEN', `this login does not have the grant "${lacking}"`);
      }
      const subject = subjectOf(name, rules);
      if (subject) countFor(request.caller.request, [subject]);
      if (identity?.link) watch.add(identity.link, request.request, request.response);
      return principalOf(name, rules);
    },
    withRules: withCreationRules,
    reconfigure(changed) {
      checkSite = createCrossSiteCheck({ ...options, ...changed });
    },
    evenOut,
    stop: () => {
      ways.stop();
      watch.stop();
    },
  };
}
