import type { Bytes } from '../../../src/storage/bytes/bytes.ts';
import type { Catalog } from '../../../src/storage/catalog/catalog.ts';
import type { OwnerRole } from '../../../src/storage/catalog/processes.ts';
import type { Journal } from '../catalog/journal.ts';
import type { DiskTrouble } from '../disk/simulated-disk.ts';
import type { Random } from '../random.ts';
import type { Process, Scheduler } from '../scheduler.ts';

/** What one process has opened of a world. */
export interface Opened {
  readonly catalog: Catalog;
  readonly bytes: Bytes;
  /** Names the boot that the bytes depend on. */
  readonly boot: string | null;
}

/** Where catalog and bytes are. Every world keeps the same promises; how it can fail differs. */
export interface World {
  readonly journal: Journal;
  readonly trouble: DiskTrouble;
  /** How many daemons serve the same uploads. */
  readonly daemons: number;
  /** A balancer sends the requests of a client to the same daemon while it can. */
  readonly sticky: boolean;
  /** The bytes and the catalog are on the disk of the machine that may lose power. */
  readonly isLocal: boolean;
  open(process: Process, role: OwnerRole, random: Random): Opened;
  /** What the machine has not made durable is lost, in part or as a whole. */
  cut(random: Random): void;
  /** A number that changes whenever records or bytes do. For the judge alone. */
  changes(): number;
  /** The bytes of an upload as they are now; undefined when there are none. For the judge alone. */
  contentOf(id: string): Buffer | undefined;
  /** What was done to the world that nobody may do; undefined while nothing was. */
  broken?(): string | undefined;
  /** Names of all bytes that are there. For the judge alone. */
  names(): Iterable<string>;
}

export type OpenWorld = (scheduler: Scheduler, seed: number) => World;
