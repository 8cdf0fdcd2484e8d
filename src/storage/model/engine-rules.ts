import type { NewPlacement } from './placement.ts';
import type { StoredUpload, UploadRecord } from './upload.ts';

/** What the engine asks of the rules that deliver finished uploads. */
export interface EngineRules {
  /** Returns the rules that are to deliver an upload that finishes. */
  readonly route?: (record: UploadRecord) => readonly NewPlacement[];
  /**
   * Called after the finish of an upload with placements was recorded. The client is answered when the
   * promise resolves, if there is one.
   */
  readonly afterFinish?: (
    record: StoredUpload,
    placements: readonly NewPlacement[],
  ) => Promise<void> | undefined;
}
