import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { ROOT } from './script.ts';

/** A file of the package that is code. */
export interface Source {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly bare: string;
  /** Without comments and without what is between quotes. */
  readonly code: string;
  /** What is imported, types included. */
  readonly imports: readonly string[];
  /** Those of them that are types alone and are gone when the program runs. */
  readonly typeImports: readonly string[];
}

/** All code below these folders of the package. */
export function sourcesIn(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[mc]?[jt]s$/.test(entry.name))
      .map((entry) => read(join(entry.parentPath, entry.name)))
      .filter(({ path }) => !path.includes('/node_modules/')),
  );
}

function read(file: string): Source {
  const text = readFileSync(file, 'utf8');
  const path = relative(ROOT, file).split(sep).join('/');
  const bare = text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g,
    (found) => (found.startsWith('/') ? '' : found),
  );
  const imports = [
    ...bare.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])([^'"\s]+)\1/g),
    ...bare.matchAll(/\bnew URL\(\s*(['"])([^'"\s]+\.[jt]s)\1/g),
  ].map((match) => match[2]!);
  const typeImports = [...bare.matchAll(/\bimport\s+type\b[^'"]*\bfrom\s*(['"])([^'"\s]+)\1/g)].map(
    (match) => match[2]!,
  );
  return {
    path,
    text,
    bare,
    code: bare.replace(/(['"])(?:\\.|(?!\1)[^\\\n])*\1/g, "''"),
    imports,
    typeImports,
  };
}

/** The folder of src that a file is in ("storage"), or undefined. */
export function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

/** What a relative import means, from the root. */
export function resolve({ path }: Source, specifier: string): string {
  return join(dirname(path), specifier).split(sep).join('/');
}

/** "@tus/server" for "@tus/server/types", or undefined for what is no package. */
export function packageOf(specifier: string): string | undefined {
  if (/^[./]/.test(specifier) || isBuiltin(specifier)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0];
}

/** Fails with all that is wrong, a sentence on each line. */
export function assertNone(problems: readonly string[]): void {
  assert.equal(problems.length, 0, `\n${problems.join('\n')}\n`);
}
