import { Fault } from '../../../src/fault.ts';
import type { Effects } from '../effects.ts';
import type { Journal, Unit } from './journal.ts';

/** Units of work of one process: each is one step of the simulation. */
export class UnitsOfWork {
  readonly #journal: Journal;
  readonly #effects: Effects;

  constructor(journal: Journal, effects: Effects) {
    this.#journal = journal;
    this.#effects = effects;
  }

  read<T>(question: Unit<T>): Promise<T> {
    return this.#do(() => question(this.#journal.records));
  }

  write<T>(unit: Unit<T>): Promise<T> {
    return this.#do(() => {
      if (this.#journal.full) throw new Fault('NO_SPACE', 'the catalog is full');
      return this.#journal.commit(unit);
    });
  }

  /** May use the room that is kept for it on a full disk. */
  reserved<T>(unit: Unit<T>): Promise<T> {
    return this.#do(() => this.#journal.commit(unit));
  }

  persist(): Promise<void> {
    const end = this.#journal.beginPersist();
    return this.#do(() => {
      const { syncFails } = this.#journal;
      if (syncFails > 0 && this.#effects.random.chance(syncFails)) {
        throw new Fault('IO', 'the catalog could not be synced');
      }
      end();
    });
  }

  #do<T>(effect: () => T): Promise<T> {
    const { random } = this.#effects;
    return this.#effects.do(() => {
      const { fails } = this.#journal;
      if (fails > 0 && random.chance(fails)) throw new Fault('UNAVAILABLE', 'the catalog is busy');
      return effect();
    });
  }
}
