import { addressText, type OpenAddress } from '../http/doors/address.ts';
import type { RetentionPolicy } from '../retention/policy.ts';

/** The facts to report once the port is open. */
export interface Ready {
  /** The base path's URL on this machine; for a unix socket, "unix:" with its path, and the base path. */
  readonly url: string;
  /** The same at the other addresses. */
  readonly moreUrls: readonly string[];
  /** Where the data files are: an absolute path, ":memory:", or a bucket as "s3://bucket/prefix". */
  readonly folder: string;
  /** The database of the records, without secrets; null where they are beside the files. */
  readonly database: string | null;
  /** false if uploads are lost when the daemon ends. */
  readonly persistent: boolean;
  readonly freeSpace: number;
  readonly policy: RetentionPolicy;
  /** null when the schedule is off. */
  readonly nextSweep: Date | null;
  /** Where the admin listener listens: a URL, or "unix:" and a path; null when it is off. */
  readonly admin: string | null;
}

/** Where clients find the base path at an address. */
export function urlOf(address: OpenAddress, basePath: string, secure: boolean): string {
  const text = addressText(address);
  return address.kind === 'tcp'
    ? `${secure ? 'https' : 'http'}://${text}${basePath}`
    : `${text}:${basePath}`;
}
