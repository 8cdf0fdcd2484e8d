import { realpathSync } from 'node:fs';
import { Fault, fileFault } from '../../fault.ts';
import { assertApart } from '../overlap.ts';
import type { Source, SourceKind } from './candidate.ts';
import { detectKind } from './detect.ts';
import type { IsAlive } from './locked.ts';
import { directorySource } from './sources/directory.ts';
import { exportedSource, linesOf } from './sources/exported.ts';
import { fileStoreSource } from './sources/file-store.ts';
import { infoSource } from './sources/info-source.ts';
import { plainSource } from './sources/plain-files.ts';
import { TUSD } from './sources/tusd.ts';
import { TUSPYSERVER } from './sources/tuspyserver.ts';

export interface SourceOptions {
  readonly path: string;
  /** The lines of an export that is piped in, instead of the path; null for none. */
  readonly piped: AsyncIterable<string> | null;
  /** undefined to find out. */
  readonly kind: SourceKind | undefined;
  readonly uploadDir: string;
  /** The folder of the files of an export; null for the one that it names. */
  readonly files: string | null;
  /** Makes the ids of plain files; null in a dry run that has none. */
  readonly secret: () => Promise<string | null>;
  readonly isAlive: IsAlive;
  readonly now: () => number;
}

/**
 * Opens what is to be imported. Throws USAGE when it is in the upload directory or around it, when it is
 * not clear what it is, and for --files without an export; DIRECTORY_IN_USE, PERMISSION or IO.
 */
export async function openSource(options: SourceOptions): Promise<Source> {
  const { uploadDir, piped, files, secret, isAlive, now } = options;
  if (piped) return exportedSource('standard input', piped, files);
  const kind = options.kind ?? (await detectKind(options.path));
  if (kind !== 'export') {
    assertApart(uploadDir, options.path, {
      left: 'the upload directory',
      right: 'what is to be imported',
    });
  }
  if (files !== null && kind !== 'export') {
    throw new Fault('USAGE', '--files is for the export of tusd-ts only', {
      hint: 'Every other source has its files beside their descriptions.',
    });
  }
  if (kind === 'export') return exportedSource(options.path, linesOf(options.path), files);
  const path = realPath(options.path);
  switch (kind) {
    case 'tusd':
      return infoSource(path, TUSD, isAlive);
    case 'tuspyserver':
      return infoSource(path, TUSPYSERVER, isAlive);
    case 'file-store':
      return fileStoreSource(path);
    case 'tusd-ts':
      return directorySource(path, now);
    case 'files':
      return plainSource(path, await secret());
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw fileFault(error, `looking at ${path}`);
  }
}
