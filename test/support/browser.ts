import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type BrowserContext, chromium } from 'playwright-core';
import { temporaryFolder } from './temporary.ts';
import { findTool } from './tools.ts';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium with a profile of its own; closed when the test ends. */
export async function startBrowser(test: Pick<TestContext, 'after'>): Promise<BrowserContext> {
  const browser = await chromium.launchPersistentContext(temporaryFolder(test), {
    executablePath: findTool('chromium') ?? 'chromium',
    args: ARGS,
    viewport: { width: 800, height: 420 },
  });
  test.after(() => browser.close());
  return browser;
}

/** Makes one script for a browser of a module and all that it imports; returns its path. */
export async function bundle(test: Pick<TestContext, 'after'>, entry: URL): Promise<string> {
  const outfile = join(temporaryFolder(test), 'bundle.js');
  // Tests that run compiled lie beside compiled pages.
  const path = fileURLToPath(entry);
  await build({
    ...{
      entryPoints: [existsSync(entry) ? path : path.replace(/\.ts$/, '.js')],
      outfile,
      bundle: true,
      logLevel: 'error',
    },
    ...{ format: 'iife', platform: 'browser', target: 'es2022' },
  });
  return outfile;
}
