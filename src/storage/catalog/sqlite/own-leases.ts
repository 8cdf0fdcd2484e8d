import { randomUUID } from 'node:crypto';
import type { StoredUpload } from '../../model/upload.ts';
import type { Lease } from '../catalog.ts';
import type { Holder, LeasesTable } from './tables/leases-table.ts';

/** The leases of this process. Its methods run inside the transaction of a unit of work. */
export class OwnLeases {
  /** The id of this process in the table. */
  readonly owner = randomUUID();
  readonly #table: LeasesTable;
  #epoch = 0;
  #seen: number | undefined;

  constructor(table: LeasesTable) {
    this.#table = table;
  }

  /** Takes the lease of an upload; null while another process holds it. */
  take({ id, seq }: StoredUpload, at: number): Lease | null {
    this.#epoch += 1;
    const lease = { id, seq, epoch: this.#epoch };
    return this.#table.take(id, this.#holder(lease), at) ? lease : null;
  }

  holds(lease: Lease): boolean {
    return this.#table.holds(lease.id, this.#holder(lease));
  }

  drop(lease: Lease): void {
    this.#table.drop(lease.id, this.#holder(lease));
  }

  /**
   * Those of the leases of this process that it holds no more. They are looked up only when another
   * process has changed something since the last call.
   */
  voided(leases: readonly Lease[]): Lease[] {
    const version = this.#table.version();
    if (version === this.#seen) return [];
    this.#seen = version;
    return leases.filter((lease) => !this.holds(lease));
  }

  /** Takes over all leases of earlier daemons; they share one epoch. */
  inherit(): { readonly ids: string[]; readonly ended: number; readonly epoch: number } {
    this.#epoch += 1;
    const epoch = this.#epoch;
    return { ...this.#table.inherit({ owner: this.owner, epoch }), epoch };
  }

  #holder({ epoch }: Pick<Lease, 'epoch'>): Holder {
    return { owner: this.owner, epoch };
  }
}
