import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { bcrypt } from 'hash-wasm';
import type { Page } from 'playwright-core';
import { basic, bearer, created, startGuarded } from '../access/support/guarded.ts';
import { jwtSettings, startIssuer } from '../access/support/issuer.ts';
import { bundle, startBrowser } from '../support/browser.ts';
import { servePages } from '../support/page-server.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const BYTES = 1_500_000;
const CONTENT = Buffer.alloc(BYTES).map((_, index) => index % 251);

/** A page of another origin, with the functions that it asks for its login. */
async function openPage(
  t: TestContext,
  given: {
    login: (renew: boolean) => string | Promise<string>;
    mayGo?: (count: number) => Promise<void>;
  },
): Promise<{ page: Page; origin: string }> {
  const script = await bundle(t, new URL('../e2e/page/login.js', import.meta.url));
  const origin = await servePages(t, {
    '/': new URL('./page/blank.html', import.meta.url),
    '/login.js': pathToFileURL(script),
  });
  const page = await (await startBrowser(t)).newPage();
  await page.exposeFunction('login', given.login);
  await page.exposeFunction('mayGo', given.mayGo ?? (() => {}));
  await page.goto(origin);
  await page.addScriptTag({ url: `${origin}/login.js` });
  return { page, origin };
}

function run(page: Page, call: string): Promise<string> {
  return page.evaluate(`globalThis.${call}`) as Promise<string>;
}

async function assertStored(url: string, headers: Readonly<Record<string, string>>) {
  const answer = await fetch(url, { headers });
  assert.equal(answer.status, 200);
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(CONTENT), 'the bytes are the same');
}

for (const client of ['tus', 'uppy'] as const) {
  const name = { tus: 'tus-js-client', uppy: 'Uppy' }[client];
  test(
    `${name} renews a login that expires in the middle of an upload`,
    needing('chromium'),
    async (t) => {
      const issuer = await startIssuer(t);
      let token = '';
      let renewed = 0;
      let url = '';
      const short = async () => issuer.sign({ exp: Math.floor(Date.now() / 1_000) + 4 });
      const { page, origin } = await openPage(t, {
        login: async (renew) => {
          if (renew) renewed += 1;
          if (renew || token === '') token = renew ? await issuer.sign({}) : await short();
          return `Bearer ${token}`;
        },
        mayGo: async (count) => {
          if (count !== 4) return;
          // The fourth request meets an expired token.
          await until('the token to expire', async () => {
            return (await fetch(url, { method: 'POST', headers: bearer(token) })).status === 401;
          });
        },
      });
      const daemon = await startGuarded(
        t,
        { jwt: jwtSettings({ jwksUrl: issuer.url }) },
        { corsOrigins: [origin], retentionDays: 1 },
      );
      url = daemon.url;
      const upload = await run(page, `upload('${client}', '${url}', ${BYTES})`);
      assert.equal(renewed, 1);
      await assertStored(upload, bearer(await issuer.sign({ jti: 'reader' })));
    },
  );
}

test(
  'tus-js-client logs in with a password from another origin, stops and resumes',
  needing('chromium'),
  async (t) => {
    const hash = await bcrypt({
      ...{ password: 'secret', salt: Buffer.alloc(16, 7), costFactor: 4, outputType: 'encoded' },
    });
    const login = basic('alice', 'secret');
    const { page, origin } = await openPage(t, { login: () => login.Authorization ?? '' });
    const more = { corsOrigins: [origin] };
    const auth = { basic: { file: 'users' } };
    const { url } = await startGuarded(t, auth, more, { users: `alice:${hash}\n` });
    await assertStored(await run(page, `stopAndResume('${url}', ${BYTES})`), login);
  },
);

test(
  'a page of another site cannot use the password that the browser remembers',
  needing('chromium'),
  async (t) => {
    const hash = await bcrypt({
      ...{ password: 'secret', salt: Buffer.alloc(16, 7), costFactor: 4, outputType: 'encoded' },
    });
    const auth = { basic: { file: 'users' } };
    const { url, output } = await startGuarded(t, auth, {}, { users: `alice:${hash}\n` });
    const upload = await created(url, basic('alice', 'secret'));
    const { page } = await openPage(t, { login: () => '' });
    // As if a person had logged in: the browser adds the password from now on.
    const host = new URL(url).host;
    await page.goto(`http://alice:secret@${host}${new URL(upload).pathname}`).catch(() => {});
    const origin = await servePages(t, { '/': new URL('./page/blank.html', import.meta.url) });
    await page.goto(origin);
    const before = output().length;
    const seen = await page.evaluate(`(async () => {
    const ask = (method, more) => fetch('${upload}', { method, credentials: 'include', ...more })
      .then(({ status }) => status, () => 'blocked');
    const image = new Promise((resolve) => {
      const element = new Image();
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('refused');
      element.src = '${upload}?image';
    });
    return [
      await ask('GET', { mode: 'no-cors' }),
      await ask('GET'),
      await ask('PATCH', { headers: { 'Tus-Resumable': '1.0.0' } }),
      await ask('POST', { mode: 'no-cors', body: 'x' }),
      await image,
    ];
  })()`);
    assert.deepEqual(
      seen,
      [0, 'blocked', 'blocked', 'blocked', 'refused'].map((one, index) => (index === 3 ? 0 : one)),
    );
    const lines = output().slice(before);
    assert.doesNotMatch(lines, /GET +20\d/);
    assert.doesNotMatch(lines, /(?:POST|PATCH) +2/);
  },
);
