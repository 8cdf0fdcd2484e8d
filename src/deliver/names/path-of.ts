import type { PathTemplate, TemplatePiece } from '../../config/deliver/path-template.ts';
import { fileNameOf, metadataText, relativePathOf } from '../../storage/model/metadata.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';
import { lastName, safeName } from './safe-name.ts';

/** Deeper or longer paths from a client are not followed: the file goes where its name alone puts it. */
const DEEPEST = 64;
const LONGEST_PATH = 2_000;

/** What is known of an upload that a path may be made of. */
export type PathFacts = Pick<
  UploadRecord,
  'id' | 'metadata' | 'finishedAt' | 'createdAt' | 'wantedPath'
> & {
  /** The principal that created the upload; absent or null for nobody in particular. */
  readonly owner?: string | null;
};

/**
 * The names of the folders below the template's root, and of the file: never empty, and each a safe
 * name. The same for every attempt, because a restart must find what an earlier attempt has placed.
 */
export function pathOf(template: PathTemplate, facts: PathFacts): [string, ...string[]] {
  const folders = template.segments.slice(0, -1).map((pieces) => segmentOf(pieces, facts));
  const last = template.segments.at(-1)!;
  const [piece] = last;
  // A hook has chosen it, and it was checked when the hook did.
  if (piece?.kind === 'wanted') {
    return (facts.wantedPath ?? facts.id).split('/') as [string, ...string[]];
  }
  if (piece?.kind === 'field' && piece.field === 'relativePath') {
    return [...folders, ...relativeNamesOf(facts)] as unknown as [string, ...string[]];
  }
  return [...folders, segmentOf(last, facts)] as unknown as [string, ...string[]];
}

function segmentOf(pieces: readonly TemplatePiece[], facts: PathFacts): string {
  // A client's part may end in a space or be "CON": what they are joined to is what counts.
  const text = pieces.map((piece) => textOf(piece, facts)).join('');
  return safeName(text) || facts.id;
}

function textOf(piece: TemplatePiece, facts: PathFacts): string {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'wanted') return facts.id;
  if (piece.kind === 'metadata') {
    return lastName(metadataText(facts.metadata, piece.key) ?? '') || 'unknown';
  }
  switch (piece.field) {
    case 'owner':
      return safeName(facts.owner ?? '') || 'anonymous';
    case 'date':
      return dateOf(facts);
    case 'id':
      return facts.id;
    case 'name':
    case 'relativePath':
      return nameOf(facts);
  }
}

/** The day on which the upload finished, in UTC: "2026-11-27". */
function dateOf({ finishedAt, createdAt }: PathFacts): string {
  return new Date(finishedAt ?? createdAt).toISOString().slice(0, 10);
}

function nameOf({ id, metadata }: PathFacts): string {
  return lastName(fileNameOf(metadata) ?? '') || id;
}

/** The path within the folder that a person uploaded; the name alone where the client sent none. */
function relativeNamesOf(facts: PathFacts): string[] {
  const names = (relativePathOf(facts.metadata) ?? '')
    .split(/[/\\]/)
    .map((name) => safeName(name))
    .filter((name) => name !== '');
  const tooLong = names.length > DEEPEST || Buffer.byteLength(names.join('/')) > LONGEST_PATH;
  return names.length === 0 || tooLong ? [nameOf(facts)] : names;
}
