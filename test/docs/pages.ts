import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/script.ts';

/** A page of documentation. */
export interface Page {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Without fenced code blocks. */
  readonly prose: string;
  /** The lines of its fenced code blocks, and its inline code. */
  readonly code: readonly string[];
}

const FOLDERS = ['.', 'docs', 'bench', 'conformance', 'deploy'];
const FENCED = /^```[^\n]*\n([\s\S]*?)^```$/gm;

/** Every page of the repository, the changelog included. */
export function allPages(): Page[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => read(folder === '.' ? name : `${folder}/${name}`)),
  );
}

function read(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const prose = text.replaceAll(FENCED, '');
  const blocks = [...text.matchAll(FENCED)].flatMap(([, block = '']) => block.split('\n'));
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    code.replaceAll('\n', ' '),
  );
  return { path, text, prose, code: [...blocks, ...inline] };
}

/** The names under which the headings of a page can be linked to. */
export function anchorsOf({ prose }: Page): Set<string> {
  return new Set(
    [...prose.matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
