import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program in PATH, or null. */
export function findTool(name: string): string | null {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It is not in this folder.
    }
  }
  return null;
}

/**
 * Options of a test that needs a program which not every machine has. With TUSD_TS_REQUIRE_ALL set
 * it runs, and fails, without that program.
 */
export function needing(name: string): { skip?: string } {
  if (findTool(name) !== null || process.env.TUSD_TS_REQUIRE_ALL) return {};
  return { skip: `${name} is not installed` };
}
