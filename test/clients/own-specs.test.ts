import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { startBrowser } from '../support/browser.ts';
import { startDaemon } from '../support/command.ts';
import { servePages } from '../support/page-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { NEEDS_SERVER, readSpecs, type SpecResult } from './own-specs.ts';
import { fileOf, loadClient, VERSIONS } from './versions.ts';

const require = createRequire(import.meta.url);

// The specs of 1.8 need no server at all. Those of the others are the same, and 2.3 alone has them as a
// file; each carries them in a bundle for browsers.
const WITH_SPECS = VERSIONS.filter(({ major }) => major >= 2);
const SPECS_FOR_NODE = fileOf('tus-js-client-2', 'test', 'spec', 'test-end-to-end.js');

function assertPassed(results: readonly SpecResult[]): void {
  const ran = results.filter(({ status }) => status !== 'excluded');
  assert.equal(ran.length, 2);
  for (const { fullName, status, failedExpectations } of ran) {
    const why = failedExpectations.map(({ message }) => message).join('\n');
    assert.equal(status, 'passed', `${fullName}: ${why}`);
  }
}

type IsWanted = (status: number) => boolean;

/** The two functions of axios that the specs use. */
const axios = {
  async get(
    url: string,
    { validateStatus = (status: number) => status === 200 }: { validateStatus?: IsWanted } = {},
  ) {
    const answer = await fetch(url);
    if (!validateStatus(answer.status)) throw new Error(`GET ${url}: ${answer.status}`);
    return { status: answer.status, data: await answer.text() };
  },
  async head(url: string, { headers }: { headers: Record<string, string> }) {
    const answer = await fetch(url, { method: 'HEAD', headers });
    return { status: answer.status, data: '', headers: Object.fromEntries(answer.headers) };
  },
};

test('the end-to-end specs of tus-js-client pass in Node', async (t) => {
  const { url } = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const source = readSpecs(SPECS_FOR_NODE, url);
  for (const { version, module } of WITH_SPECS) {
    await t.test(`tus-js-client ${version}`, async () => {
      const modules: Record<string, unknown> = {
        axios,
        './helpers/utils': { getBlob: (text: string) => Buffer.from(text) },
        '../..': loadClient(module),
      };
      const jasmine = require('jasmine-core');
      const core = jasmine.core(jasmine);
      const env = core.getEnv({ suppressLoadErrors: true });
      const { describe, it, expect } = jasmine.interface(core, env);
      const results: SpecResult[] = [];
      env.addReporter({ specDone: (result: SpecResult) => void results.push(result) });
      new Function('require', 'describe', 'it', 'expect', 'console', source)(
        ...[(name: string) => modules[name], describe, it, expect, { log: () => {} }],
      );
      await env.execute();
      assertPassed(results);
    });
  }
});

test('the end-to-end specs of tus-js-client pass in a page', needing('chromium'), async (t) => {
  const { url } = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const origin = await servePages(t, { '/': new URL('./page/blank.html', import.meta.url) });
  const browser = await startBrowser(t);
  for (const { version, module } of WITH_SPECS) {
    await t.test(`tus-js-client ${version}`, async () => {
      const page = await browser.newPage();
      await page.goto(origin);
      await page.addScriptTag({ path: fileOf('jasmine-core', 'lib/jasmine-core/jasmine.js') });
      await page.evaluate(`{
        const core = jasmineRequire.core(jasmineRequire);
        globalThis.jasmine = core;
        globalThis.env = core.getEnv({ suppressLoadErrors: true });
        Object.assign(globalThis, jasmineRequire.interface(core, env));
        env.configure({ specFilter: (spec) => spec.getFullName().includes('${NEEDS_SERVER}') });
        globalThis.results = [];
        env.addReporter({ specDone: (result) => results.push(result) });
      }`);
      const specs = fileOf(module, 'dist', 'browser-test-bundle.js');
      await page.addScriptTag({ content: readSpecs(specs, url) });
      assertPassed(await page.evaluate<SpecResult[]>('env.execute().then(() => results)'));
      await page.close();
    });
  }
});
