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
      const { caller } = exchange;
      const { name } = principal;
      const origin = name === null ? caller.origin : { ...caller.origin, principal: name };
      exchange.caller = { ...caller, origin, principal };
    }
    await serve(exchange);
  } catch (error) {
    await admission.evenOut(error, exchange.startedAt);
    throw error;
  }
}
