import { createReadStream } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Fault, fileFault } from '../../../fault.ts';
import { type ExportedUpload, readLine } from '../../export/read-line.ts';
import { isObject, type Json } from '../../json-object.ts';
import { type Found, oddity, type Source } from '../candidate.ts';
import { ownUpload } from '../own-upload.ts';

/** Longer lines are no lines of an export (characters). */
const LONGEST = 16 * 1024 * 1024;

/**
 * The records that `tusd-ts export` wrote, from lines that are named for people, and the folder of the
 * data files; null for the one that the export names.
 */
export function exportedSource(
  name: string,
  lines: AsyncIterable<string>,
  files: string | null,
): Source {
  return {
    kind: 'export',
    found: () => foundIn(name, lines, files),
    async close() {},
  };
}

async function* foundIn(
  file: string,
  lines: AsyncIterable<string>,
  files: string | null,
): AsyncGenerator<Found> {
  let folder: string | undefined;
  let complete = false;
  let number = 0;
  for await (const text of lines) {
    number += 1;
    if (text === '') continue;
    const from = `line ${number} of ${file}`;
    const line = parse(text);
    if (folder === undefined) {
      folder = folderOf(line, file, files);
      continue;
    }
    if (isObject(line) && line.end === true) {
      complete = true;
      continue;
    }
    const upload = readLine(line);
    if (typeof upload === 'string') yield oddity(from, upload);
    else yield exportedUpload(upload, folder, from);
  }
  if (folder === undefined) throw noExport(file);
  if (!complete) yield oddity(file, 'the export has no last line: it is not complete');
}

function exportedUpload(upload: ExportedUpload, folder: string, from: string): Found {
  const { record, timeline, deliveredTo } = upload;
  return ownUpload(record, timeline, join(folder, record.id), from, deliveredTo);
}

/** The lines of a file. Throws PERMISSION or IO. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const input = createReadStream(file, { encoding: 'utf8' });
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      yield line;
    }
  } catch (error) {
    throw fileFault(error, `reading ${file}`);
  } finally {
    input.destroy();
  }
}

function parse(text: string): unknown {
  if (text.length > LONGEST) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isExportHead(line: unknown): line is Json {
  return isObject(line) && line.format === 'tusd-ts export';
}

function folderOf(head: unknown, file: string, files: string | null): string {
  if (!isExportHead(head)) throw noExport(file);
  if (head.version !== 1) {
    throw new Fault('USAGE', `${file} was written by a newer tusd-ts`, {
      hint: 'Import it with that version.',
    });
  }
  if (files !== null) return files;
  if (typeof head.files === 'string' && isAbsolute(head.files)) return head.files;
  throw new Fault('USAGE', `${file} does not say where its files are`, {
    hint: 'Name their folder: --files',
  });
}

function noExport(file: string): Fault {
  return new Fault('USAGE', `${file} is no export of tusd-ts`, {
    hint: 'Name a directory, or a file that `tusd-ts export` has written.',
  });
}
