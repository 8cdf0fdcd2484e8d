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
    return this.#do('reading the catalog', () => question(this.#journal.records));
  }

  write<T>(unit: Unit<T>): Promise<T> {
    return this.#do('writing the catalog', () => {
      if (this.#journal.full) throw new Fault('NO_SPACE', 'the catalog is full');
      return this.#answered(this.#journal.commit(unit));
    });
  }

  /** May use the room that is kept for it on a full disk. */
  reserved<T>(unit: Unit<T>): Promise<T> {
    return this.#do('writing the catalog', () => this.#answered(this.#journal.commit(unit)));
  }

  #answered<T>(answer: T): T {
    const { answersLost } = this.#journal;
    if (answersLost > 0 && this.#effects.random.chance(answersLost)) {
      throw new Fault('UNAVAILABLE', 'the connection to the catalog broke');
    }
    return answer;
  }

  /** A heartbeat: nobody but other processes looks at it. */
  beat(unit: Unit<void>): Promise<void> {
    return this.#do('writing the catalog', () => this.#journal.beat(unit));
  }

  persist(): Promise<void> {
    const end = this.#journal.beginPersist();
    return this.#do('syncing the catalog', () => {
      const { syncFails } = this.#journal;
      if (syncFails > 0 && this.#effects.random.chance(syncFails)) {
        throw new Fault('IO', 'the catalog could not be synced');
      }
      end();
    });
  }

  #do<T>(kind: string, effect: () => T): Promise<T> {
    const { random } = this.#effects;
    return this.#effects.do(kind, () => {
      const { fails } = this.#journal;
      if (fails > 0 && random.chance(fails)) throw new Fault('UNAVAILABLE', 'the catalog is busy');
      return effect();
    });
  }
}
