import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from './client-address.ts';
import { saysForwarded } from './forwarded.ts';

/** Calls `tell` with the address of the first client whose forwarded headers are ignored, and then no more. */
export function ignoredForwarded(
  tell: (address: string) => void,
): (request: IncomingMessage, client: ClientAddress) => void {
  let told = false;
  return (request, { address }) => {
    if (told || !saysForwarded(request.headers)) return;
    told = true;
    tell(address);
  };
}
