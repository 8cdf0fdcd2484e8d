import { readFileSync } from 'node:fs';

/** The version in package.json, which is one folder further up in a compiled program. */
export function programVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    const text = readIfThere(new URL(path, import.meta.url));
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
