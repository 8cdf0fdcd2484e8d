import { LANDING_METHODS } from './method.ts';
import type { OpenExchange } from './open-exchange.ts';
import type { Page } from './page.ts';

/** For people who open the address, and for load balancers; tells nothing about this installation. */
export const LANDING: Page = {
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  body: 'This is a server for resumable uploads. It works; upload clients know what to do.\n',
};

/**
 * Whether a request asks what this server is: a GET or HEAD of "/" or the base path. A HEAD that speaks an
 * upload protocol is about an upload, and gets an error from the protocol.
 */
export function isLanding({ method, path, inBase, id, request, protocol }: OpenExchange): boolean {
  if (!LANDING_METHODS.includes(method) || (method === 'HEAD' && protocol.claims(request))) {
    return false;
  }
  return path === '/' || (inBase && id === null && path !== '*');
}
