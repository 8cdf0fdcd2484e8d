import type { OnRetry } from '../retry.ts';

/** What a transfer tells while it runs. */
export interface SendEvents {
  /** Bytes of the file that the server has or that are on their way. */
  onPosition(position: number): void;
  readonly onRetry: OnRetry;
  onNote(text: string): void;
}
