import type { Fault } from '../../fault.ts';
import type { ByteSource } from './byte-source.ts';
import type { Counting } from './counting.ts';
import type { StorageEvent } from './events.ts';
import type { Caller, UploadRecord } from './upload.ts';

/**
 * Limits on what callers may do, over all uploads together. The engine asks before it changes
 * anything and before it reads a byte; src/limits answers.
 */
export interface Metering {
  /** false while nothing is limited: then the engine does not ask. */
  readonly active: boolean;

  /** Called once, before uploads are accepted. */
  open(counting: Counting): Promise<void>;

  /**
   * Takes a place for an upload that is to be created. Throws LIMITED, TOO_LARGE or NO_SPACE, and
   * then the creation must be refused.
   */
  admit(draft: Pick<UploadRecord, 'length'>, caller: Caller): Promise<Place>;

  /** Before the bytes of a request are read. Throws LIMITED or NO_SPACE. */
  receive(record: UploadRecord, caller: Caller): Promise<Intake>;

  /** Takes the room for a length that is declared only now. Throws TOO_LARGE or NO_SPACE. */
  declare(record: UploadRecord, length: number, caller: Caller): Promise<void>;

  /** A change was committed. */
  changed(event: StorageEvent): void;

  /** Records what was counted since the last call; the engine calls it once a second and at the end. */
  flush(): Promise<void>;
}

/** The place of an upload whose creation is running. */
export interface Place {
  /** How long the upload may exist (milliseconds); null for any time. */
  readonly lifetime: number | null;
  /** The upload is made, with this record; its room is given back when it ends. */
  taken(record: UploadRecord): void;
  /** The creation has succeeded. */
  made(): void;
  /** The creation failed. Does nothing after the upload has finished. */
  giveBack(): void;
}

/** The bytes of one request. */
export interface Intake {
  /**
   * Wraps the source of the bytes: counts them, slows them down, and calls `full` at the byte that
   * exceeds a limit. Bytes before it are passed on.
   */
  meter(source: ByteSource, full: () => void): ByteSource;
  /** Why `full` was called. `offset` is the upload's offset, for the client. */
  refusal(offset: number): Fault;
  /** The request has ended and the upload has this length and offset. */
  ended(upload: Pick<UploadRecord, 'id' | 'length' | 'offset'>): void;
}
