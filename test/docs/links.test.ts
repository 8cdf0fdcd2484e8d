import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/script.ts';
import { assertNone, sourcesIn } from '../support/sources.ts';
import { allPages, anchorsOf, type Page } from './pages.ts';

const pages = allPages();
const byPath = new Map(pages.map((page) => [page.path, page]));

/** Relative links as they stand in a page, and the paths from the root that they lead to. */
function linksOf({ path, prose }: Page) {
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : posix.join(dirname(path), file);
      return { link, target: target.replace(/\/$/, ''), anchor };
    });
}

test('every relative link of a page leads somewhere', () => {
  const problems = pages.flatMap((page) =>
    linksOf(page).flatMap(({ link, target, anchor }) => {
      if (!existsSync(join(ROOT, target)))
        return `${page.path} links to ${link}, which is missing.`;
      const linked = byPath.get(target);
      if (anchor === undefined || (linked && anchorsOf(linked).has(anchor))) return [];
      return `${page.path} links to ${link}, which has no such heading.`;
    }),
  );
  assertNone(problems);
});

test('what a published page links to is published with it', () => {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  // npm adds these two itself.
  const published: string[] = [...files, 'README.md', 'LICENSE'];
  const isPublished = (path: string) =>
    published.some((entry) => path === entry || path.startsWith(`${entry}/`));
  const problems = pages
    .filter(({ path }) => isPublished(path))
    .flatMap((page) =>
      linksOf(page)
        .filter(({ target }) => !isPublished(target))
        .map(({ link }) => `${page.path} links to ${link}, which package.json does not publish.`),
    );
  assertNone(problems);
});

test('every page of the manual is in its index', () => {
  const index = byPath.get('docs/README.md');
  const listed = new Set(index ? linksOf(index).map(({ target }) => target) : []);
  const problems = pages
    .filter(({ path }) => path.startsWith('docs/') && path !== 'docs/README.md')
    .filter(({ path }) => !listed.has(path))
    .map(({ path }) => `docs/README.md does not link to ${path}.`);
  assertNone(problems);
});

test('files that a page names exist', () => {
  const names = new Set(sourcesIn('src', 'bin', 'test', 'bench', 'conformance').map(nameOf));
  const problems = pages
    .filter(({ path }) => path !== 'CHANGELOG.md')
    .flatMap(({ path, prose }) =>
      [...prose.matchAll(/`([\w./-]+)`/g)]
        .map(([, name = '']) => name)
        .filter((name) => isMissing(path, name, names))
        .map((name) => `${path} names ${name}, which is missing.`),
    );
  assertNone(problems);
});

function isMissing(page: string, name: string, names: ReadonlySet<string>): boolean {
  if (/^(?:src|bin|test|bench|conformance|deploy|docs)\//.test(name)) {
    return !existsSync(join(ROOT, name));
  }
  if (!/^[a-z0-9-]+(?:\.test)?\.ts$/.test(name)) return false;
  return !names.has(name) && !existsSync(join(ROOT, dirname(page), name));
}

function nameOf({ path }: { readonly path: string }): string {
  return basename(path);
}
