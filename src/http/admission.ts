import type { ClientCaller } from '../hooks/client-request.ts';
import type { ExchangeHandler } from '../protocol/exchange.ts';
import type { Principal } from '../storage/model/upload.ts';
import type { OpenExchange } from './open-exchange.ts';

/** Decides about each request before any byte of its body is read. */
export interface Admission {
  /** Returns who asks; null when that does not matter. Throws a Fault to refuse the request. */
  admit(exchange: OpenExchange): Promise<Principal | null>;
  /** Awaited before a request is refused, so that its time tells nothing. */
  evenOut(error: unknown, startedAt: number): Promise<void>;
}

/** Serves a request that is admitted; its caller and origin then name the principal. */
export async function serveAdmitted(
  admission: Admission,
  exchange: OpenExchange,
  serve: ExchangeHandler,
): Promise<void> {
  try {
    const principal = await admission.admit(exchange);
    if (principal) {
      exchange.caller = callerOf(exchange, principal);
    }
    await serve(exchange);
  } catch (error) {
    await admission.evenOut(error, exchange.startedAt);
    throw error;
  }
}

/** Written out: merging objects with a spread that adds properties costs microseconds. */
function callerOf({ caller, requestId }: OpenExchange, principal: Principal): ClientCaller {
  const { origin, request } = caller;
  const { name } = principal;
  if (name === null) return { origin, request, principal };
  const { protocol, address, agent } = origin;
  const named = { protocol, address, agent, requestId, principal: name };
  return { origin: named, request, principal };
}
