import type { FolderAccess } from './folder.ts';
import type { Intent } from './intent.ts';
import type { StageOptions } from './stage.ts';

export interface PlaceOptions extends StageOptions {
  /** Access to folders that are made. */
  readonly folders: FolderAccess;
  /** The text of the description, for a rule that wants one. */
  readonly description: () => string;
  /** Records what is about to be done; resolves when that survives a power cut. */
  readonly begin: (intent: Intent) => Promise<void>;
}
