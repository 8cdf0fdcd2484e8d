import { Fault } from '../fault.ts';
import type { DaemonLog } from './daemon-log.ts';
import { createRareLog } from './rare-log.ts';

/** Logs what may go wrong with every request, each sentence at most once a minute. */
export interface Trouble {
  readonly warn: (message: string) => void;
  /** An error that nobody expected, or a failing disk. */
  readonly onBug: (error: unknown) => void;
}

export function createTrouble(log: DaemonLog): Trouble {
  const trouble = createRareLog((level, message) => log.event(level, message), Date.now);
  return {
    warn: (message) => trouble('warn', message),
    onBug: (error) => {
      // A failing disk is not a bug, and may fail every request.
      if (error instanceof Fault) trouble('error', sentenceOf(error));
      else log.bug(error);
    },
  };
}

/** A Fault's message with its hint. */
export function sentenceOf({ message, hint }: Fault): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
