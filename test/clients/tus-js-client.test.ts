import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { bundle, startBrowser } from '../support/browser.ts';
import { startDaemon } from '../support/command.ts';
import { servePages } from '../support/page-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { cutConnections } from './cutting-relay.ts';
import type { Place } from './page/scenarios-page.ts';
import { SCENARIOS } from './scenarios.ts';
import { fileOf, loadClient, VERSIONS } from './versions.ts';

const CUT_AFTER = 1024 * 1024;

async function start(t: TestContext): Promise<Pick<Place, 'endpoint' | 'cutting'>> {
  const { url } = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const port = await cutConnections(t, Number(new URL(url).port), CUT_AFTER);
  return { endpoint: url, cutting: `http://127.0.0.1:${port}${new URL(url).pathname}` };
}

/** Runs every scenario that a version can do as a test of its own. */
async function runScenarios(
  t: TestContext,
  major: number,
  run: (scenario: string) => Promise<void>,
): Promise<void> {
  for (const [scenario, { since = 1 }] of Object.entries(SCENARIOS)) {
    if (major >= since) await t.test(scenario, { timeout: 60_000 }, () => run(scenario));
  }
}

test('every release of tus-js-client in use uploads in Node', async (t) => {
  const urls = await start(t);
  for (const { version, major, module } of VERSIONS) {
    const tus = loadClient(module);
    await t.test(`tus-js-client ${version}`, (t) =>
      runScenarios(t, major, async (scenario) =>
        SCENARIOS[scenario]?.run({
          ...{ tus, major, ...urls },
          source: (bytes) => Buffer.from(bytes),
          stream: (bytes) => Readable.from([Buffer.from(bytes)]),
        }),
      ),
    );
  }
});

test('every release of tus-js-client in use uploads in a page', needing('chromium'), async (t) => {
  const urls = await start(t);
  const script = await bundle(t, new URL('./page/scenarios-page.ts', import.meta.url));
  const origin = await servePages(t, { '/': new URL('./page/blank.html', import.meta.url) });
  const browser = await startBrowser(t);
  for (const { version, major, module } of VERSIONS) {
    const page = await browser.newPage();
    await page.goto(origin);
    await page.addScriptTag({ path: fileOf(module, 'dist', 'tus.min.js') });
    await page.addScriptTag({ path: script });
    await t.test(`tus-js-client ${version}`, (t) =>
      runScenarios(t, major, async (scenario) => {
        const place: Place = { scenario, major, ...urls };
        await page.evaluate(`runScenario(${JSON.stringify(place)})`);
      }),
    );
    await page.close();
  }
});
