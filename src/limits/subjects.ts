import { isIPv6 } from 'node:net';
import type { Caller } from '../storage/model/upload.ts';
import { LINK_PREFIX } from '../text/principal-name.ts';
import type { Subject } from './limits.ts';

/** The subject of every request. */
export const ALL = 'all';

/** The subject of all clients without credentials together. */
const ANONYMOUS = 'anonymous';

const named = new WeakMap<object, readonly Subject[]>();

/**
 * Makes a request count for more subjects than its address: a principal, a link. `request` is the
 * `request` of its Caller. Call it before the upload is created or its body is read.
 */
export function countFor(request: object, subjects: readonly Subject[]): void {
  named.set(request, subjects);
}

/** The subjects that were named for the request of a caller; none for the program's own changes. */
export function namedSubjects({ request }: Caller): readonly Subject[] {
  return (request && named.get(request)) || [];
}

/**
 * The subject of a client address. An IPv6 client has a whole /64 network to choose addresses from,
 * so the network counts.
 */
export function addressKey(address: string): string {
  return `address:${address.includes(':') && isIPv6(address) ? networkOf(address) : address}`;
}

/** The subject of the owner of an upload: "principal:NAME", or "link:ID"; null: clients without credentials. */
export function ownerKey(owner: string | null): string {
  if (owner === null) return ANONYMOUS;
  return owner.startsWith(LINK_PREFIX) ? owner : `principal:${owner}`;
}

/** "2001:db8:0:7::/64" for any address of that network. */
function networkOf(address: string): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const groups = head.split(':').filter((group) => group !== '');
  if (tail !== undefined) {
    const behind = tail.split(':').filter((group) => group !== '');
    // A dotted IPv4 address at the end stands for two groups; it is beyond the network's part.
    const count = behind.length + (behind.at(-1)?.includes('.') ? 1 : 0);
    groups.push(...Array<string>(Math.max(0, 8 - groups.length - count)).fill('0'), ...behind);
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
