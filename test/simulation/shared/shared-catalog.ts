import type {
  Creation,
  Held,
  Inheritance,
  JoinStart,
  Lease,
} from '../../../src/storage/catalog/catalog.ts';
import type { Outbox } from '../../../src/storage/catalog/outbox.ts';
import type { AskedListener, OwnerRole } from '../../../src/storage/catalog/processes.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import { SimulatedCatalog } from '../catalog/simulated-catalog.ts';
import type { Effects } from '../effects.ts';
import type { Database } from './database.ts';
import { sharedOutbox } from './shared-outbox.ts';

/** The simulated catalog where it is a database that other daemons use, too. */
export class SharedCatalog extends SimulatedCatalog {
  override readonly outbox: Outbox;
  readonly #database: Database;
  readonly #effects: Effects;
  /** The epochs of the leases that this process knows of. */
  readonly #known = new Map<string, number>();
  /** Units that may take a lease. */
  #taking = 0;

  constructor(database: Database, effects: Effects, owner: string, role: OwnerRole) {
    super(database.journal, effects, owner, role);
    this.#database = database;
    this.#effects = effects;
    this.outbox = sharedOutbox(this.work, owner, database);
  }

  override async createLeased(creation: Creation): Promise<{ record: StoredUpload; lease: Lease }> {
    return this.#take(() => super.createLeased(creation));
  }

  override async beginAppend(id: string, at: number): Promise<Held | undefined> {
    return this.#take(() => super.beginAppend(id, at));
  }

  override async beginJoin(id: string, at: number): Promise<JoinStart> {
    return this.#take(() => super.beginJoin(id, at));
  }

  override async ask(id: string, urgent: boolean): Promise<boolean> {
    const lost = this.#effects.random.chance(0.2);
    await this.work.write(() => this.#database.ask(this.owner, id, urgent, lost));
    return true;
  }

  override onAsked(listener: AskedListener): void {
    this.#database.listen(this.#effects.process, listener);
  }

  override async inheritLeases(_at: number): Promise<Inheritance> {
    const holder = this.newHolder();
    const knows = ({ id, epoch }: Lease) => this.#taking > 0 || this.#known.get(id) === epoch;
    const inheritance = await this.work.write((records) =>
      records.inheritFromSilent(holder, this.#database.now(), knows),
    );
    for (const { id, epoch } of inheritance.leases) this.#known.set(id, epoch);
    return inheritance;
  }

  /** The database's clock. */
  protected override leasesAt(_at: number): number {
    return this.#database.now();
  }

  async #take<T extends Held | JoinStart | undefined>(take: () => Promise<T>): Promise<T> {
    this.#taking += 1;
    try {
      const taken = await take();
      const lease = taken && 'lease' in taken ? taken.lease : null;
      if (lease) this.#known.set(lease.id, lease.epoch);
      return taken;
    } finally {
      this.#taking -= 1;
    }
  }
}
