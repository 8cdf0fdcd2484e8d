import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../../src/config/load.ts';
import { Fault } from '../../src/fault.ts';

/** A temporary folder with these files in it; objects are written as JSON. */
export async function configFolder(
  t: TestContext,
  files: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tusd-ts-config-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(folder, name), text);
  }
  return folder;
}

/** Loads what is in the folder, away from this machine's own /etc and environment. */
export function loadIn(cwd: string, options: Partial<LoadOptions> = {}): Promise<LoadedConfig> {
  return loadConfig({ cwd, env: {}, systemFolder: join(cwd, 'etc'), ...options });
}

/** The fault that a promise is rejected with; anything else fails the test. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

export const FILE = 'upload-daemon.config.json';
