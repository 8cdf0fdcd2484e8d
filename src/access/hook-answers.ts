import { hash } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { AskForAccess } from '../hooks/pre-access.ts';
import { principalNameProblem } from '../text/principal-name.ts';
import type { AccessRequest } from './access-request.ts';
import { grantsIn } from './grants.ts';
import type { Identity, Narrowing } from './identity.ts';

/** The most answers that are kept. */
const MOST = 1_000;
/** Headers that change with each request of one upload and say nothing about who sends it. */
const PASSING = new Set([
  ...['upload-offset', 'upload-checksum', 'x-request-id', 'traceparent', 'tracestate'],
]);

/** What the hooks know of a request; null when they name nobody. */
export interface HookVerdict {
  readonly identity: Identity | null;
  readonly narrowed: Narrowing | undefined;
}

/**
 * Asks the `pre-access` hooks, and keeps their consent for `cacheFor` milliseconds: a request of the
 * same client, with the same method, target, headers and principal, is not asked about again.
 * Refusals are not kept. `principal` is the name that the client has shown to be, or null.
 */
export function createHookAnswers(
  askForAccess: AskForAccess,
  cacheFor: number,
  clock: () => number = () => performance.now(),
): (request: AccessRequest, principal: string | null) => Promise<HookVerdict> {
  const kept = new Map<string, { readonly verdict: HookVerdict; readonly until: number }>();
  return async (request, principal) => {
    const key = cacheFor === 0 ? '' : keyOf(request, principal);
    const known = kept.get(key);
    if (known && known.until > clock()) return known.verdict;
    const verdict = await ask(askForAccess, request, principal);
    if (key !== '') {
      if (kept.size >= MOST) kept.clear();
      kept.set(key, { verdict, until: clock() + cacheFor });
    }
    return verdict;
  };
}

async function ask(
  askForAccess: AskForAccess,
  { caller, id, request }: AccessRequest,
  name: string | null,
): Promise<HookVerdict> {
  try {
    const origin = name === null ? caller.origin : { ...caller.origin, principal: name };
    const { principal, grants, maxSize } = await askForAccess({ ...caller, origin }, id);
    const problem = principal === null ? null : principalNameProblem(principal);
    if (problem !== null) {
      throw new Fault('HOOK_FAILED', `a pre-access hook names no principal: ${problem}`, {
        publicMessage: 'the server could not find out whether to allow this; try again later',
      });
    }
    // A bearer token is sent by a page that knows it; everything else may come from the browser.
    const ambient = !/^bearer /i.test(request.headers.authorization ?? '');
    const narrowed = {
      ...(grants ? { grants: grantsIn(grants) } : {}),
      ...(maxSize === null ? {} : { maxSize }),
    };
    return {
      identity: principal === null ? null : { name: principal, ambient },
      narrowed: Object.keys(narrowed).length > 0 ? narrowed : undefined,
    };
  } catch (error) {
    // The status of a refusal is the hook's choice; by default it is that of a lacking permission.
    const { refusal } = caller.request;
    if (refusal && refusal.status === undefined) {
      caller.request.refusal = { ...refusal, status: 403 };
    }
    throw error;
  }
}

function keyOf({ request, method, id, caller }: AccessRequest, principal: string | null): string {
  // A hook may decide by any header.
  const headers = Object.entries(request.headersDistinct).filter(([name]) => !PASSING.has(name));
  const parts = [caller.origin.address, method, id, request.url, principal, headers];
  return hash('sha256', JSON.stringify(parts), 'base64');
}
