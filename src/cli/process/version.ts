import { readFileSync } from 'node:fs';

/** The version in package.json: two folders up from the bundle, three from here, four when compiled. */
export function programVersion(): string {
  for (const up of ['../..', '../../..', '../../../..']) {
    const text = readIfThere(new URL(`${up}/package.json`, import.meta.url));
    const found = text === undefined ? {} : JSON.parse(text);
    if (found.name === 'tusd-ts') return found.version;
  }
  throw new Error('package.json is not where it belongs');
}

function readIfThere(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
