import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errnoOf, Fault, messageOf } from '../../fault.ts';
import type { ImportStore } from '../../storage/import-store.ts';
import { syncFolder } from '../sync-folder.ts';
import type { Candidate } from './candidate.ts';

/** Uploads whose syncs are shared. */
const TOGETHER = 256;

/** Makes imported uploads survive a power cut, many at a time, and removes their sources after that. */
export class Landing {
  readonly #store: ImportStore;
  readonly #removes: boolean;
  #uploads: (Candidate & { readonly id: string })[] = [];

  constructor(store: ImportStore, removes: boolean) {
    this.#store = store;
    this.#removes = removes;
  }

  async add(upload: Candidate & { readonly id: string }): Promise<void> {
    this.#uploads.push(upload);
    if (this.#uploads.length >= TOGETHER) await this.land();
  }

  async land(): Promise<void> {
    const uploads = this.#uploads;
    if (uploads.length === 0) return;
    this.#uploads = [];
    await syncFolder(this.#store.place);
    await this.#store.persist();
    if (!this.#removes) return;
    for (const { id, file, companions } of uploads) {
      // A sweep or a client may have removed it meanwhile; then the source is all that is left.
      const here = this.#store.locate(id);
      if (file !== null && (!existsSync(here) || resolve(file) === resolve(here))) continue;
      for (const path of [...(file === null ? [] : [file]), ...companions]) {
        await removeSource(path);
      }
    }
  }
}

async function removeSource(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw new Fault(
      'PERMISSION',
      `${path} cannot be removed (${errnoOf(error) ?? messageOf(error)})`,
      {
        hint: 'Its upload is imported. Copy the rest, --how copy, or import as the owner of the folder.',
        cause: error,
      },
    );
  }
}
