import { resolve } from 'node:path';
import type { Reading } from '../values/reading.ts';
import { readPath } from '../values/value-schemas.ts';

/** A piece of a path template: text as it is, or something that is known of the upload. */
export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: TemplateField }
  | { readonly kind: 'metadata'; readonly key: string }
  /** The path that a hook has chosen. */
  | { readonly kind: 'wanted' };

export const TEMPLATE_FIELDS = ['owner', 'date', 'id', 'name', 'relativePath'] as const;

export type TemplateField = (typeof TEMPLATE_FIELDS)[number];

/** Where files are delivered to: a folder that no file leaves, and the names of what is below it. */
export interface PathTemplate {
  /** The part before the first placeholder. Absolute once it is resolved. */
  readonly root: string;
  /** The folders below the root and the file itself, each made of pieces. */
  readonly segments: readonly (readonly TemplatePiece[])[];
  /** As it was written. */
  readonly text: string;
}

const PLACEHOLDER = /\{([^{}]*)\}/g;
const METADATA = /^metadata\.([\x21-\x2b\x2d-\x7a|~]+)$/;

/** Parses a path such as "/srv/inbox/{owner}/{date}/{name}". */
export function readPathTemplate(input: string): Reading<PathTemplate> {
  const path = readPath(input);
  if ('problem' in path) return path;
  const names = input.split('/').filter((name, index) => index === 0 || name !== '');
  const first = names.findIndex((name) => name.includes('{'));
  if (first === -1) {
    return { problem: 'it must contain {name}, {relativePath} or {id}: every file needs its own' };
  }
  const root = names.slice(0, first).join('/');
  if (first === 0 || root === '') {
    return { problem: 'it must begin with a folder, and a placeholder cannot be its first part' };
  }
  if (input.endsWith('/')) {
    return { problem: 'it must end with the name of the file, such as {name}, not with "/"' };
  }
  const segments: TemplatePiece[][] = [];
  for (const name of names.slice(first)) {
    const reading = piecesOf(name);
    if ('problem' in reading) return reading;
    segments.push(reading.value);
  }
  return withOwnName({ root, segments, text: input });
}

/** The template with an absolute root. */
export function resolveTemplate(template: PathTemplate, folder: string): PathTemplate {
  return { ...template, root: resolve(folder, template.root) };
}

function piecesOf(name: string): Reading<TemplatePiece[]> {
  if (name === '.' || name === '..') return { problem: `"${name}" cannot stand in it` };
  const pieces: TemplatePiece[] = [];
  let end = 0;
  for (const match of name.matchAll(PLACEHOLDER)) {
    if (match.index > end) pieces.push({ kind: 'text', text: name.slice(end, match.index) });
    const piece = pieceOf(match[1]!);
    if ('problem' in piece) return piece;
    pieces.push(piece.value);
    end = match.index + match[0].length;
  }
  if (end < name.length) pieces.push({ kind: 'text', text: name.slice(end) });
  const stray = pieces.some((piece) => piece.kind === 'text' && /[{}]/.test(piece.text));
  if (stray) return { problem: 'a brace in it has no partner' };
  return { value: pieces };
}

function pieceOf(word: string): Reading<TemplatePiece> {
  const field = TEMPLATE_FIELDS.find((name) => name === word);
  if (field !== undefined) return { value: { kind: 'field', field } };
  const key = METADATA.exec(word)?.[1];
  if (key !== undefined) return { value: { kind: 'metadata', key } };
  const known = TEMPLATE_FIELDS.map((name) => `{${name}}`).join(', ');
  return { problem: `{${word}} is not known; there are ${known} and {metadata.key}` };
}

function withOwnName(template: PathTemplate): Reading<PathTemplate> {
  const fields = template.segments.map((pieces) =>
    pieces.flatMap((piece) => (piece.kind === 'field' ? piece.field : [])),
  );
  const last = template.segments.at(-1)!;
  for (const [index, pieces] of template.segments.entries()) {
    const isPath = fields[index]!.includes('relativePath');
    if (isPath && (pieces !== last || pieces.length > 1)) {
      return { problem: '{relativePath} has folders of its own, and must be the last part alone' };
    }
  }
  if (last.some((piece) => piece.kind !== 'text')) return { value: template };
  return { problem: 'its last part must have a placeholder: every file needs its own name' };
}
