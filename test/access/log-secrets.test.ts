import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Raw } from '../support/raw.ts';
import { until } from '../support/until.ts';
import { basic, startGuarded, TUS, tokenOf, tokenSetting } from './support/guarded.ts';

const SECRET = tokenOf('alice');
const PATH = '/uploads/files/';
/** An upload link's token that nobody made. */
const LINK = `lnk_0123456789_${'A'.repeat(32)}`;

function headOf(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, '', ''].join('\r\n');
}

function authorization(user: string, password: string): string {
  return `Authorization: ${basic(user, password).Authorization}`;
}

/** Requests with a secret in each place where people and programs put one. */
const REQUESTS = [
  headOf(`GET ${PATH}x?access_token=${SECRET}`),
  headOf(`GET ${PATH}x#${SECRET}`),
  headOf(`GET http://alice:${SECRET}@a${PATH}x`),
  headOf(`GET http://${SECRET}@a${PATH}x`),
  headOf(`OPTIONS http://${SECRET}@a${PATH}x`),
  headOf(`CONNECT alice:${SECRET}@a:80`),
  headOf(`BREW http://alice:${SECRET}@a${PATH}x?k=${SECRET}`),
  headOf(`GET ${PATH}x`, `Authorization: Bearer ${SECRET}x`),
  headOf(`GET ${PATH}x`, `Authorization: ${SECRET}`),
  headOf(`GET ${PATH}x`, `Authorization: Bearer ${SECRET}`, `Authorization: Bearer ${SECRET}`),
  headOf(`GET ${PATH}x`, authorization(SECRET, '')),
  headOf(`GET ${PATH}x`, authorization('alice', SECRET)),
  headOf(`GET ${PATH}x`, authorization(LINK, 'password')),
  headOf(`GET ${PATH}x`, authorization(`${LINK}x`, '')),
  headOf(`GET ${PATH}x`, `Cookie: session=${SECRET}`, `Proxy-Authorization: Basic ${SECRET}`),
];

for (const logFormat of ['text', 'json']) {
  for (const basicFile of [{}, { basic: { file: 'users' } }]) {
    const what = 'basic' in basicFile ? 'with passwords' : 'without passwords';
    test(`no secret reaches the log (${logFormat}, ${what})`, async (t) => {
      const auth = { tokens: [tokenSetting('alice')], ...basicFile };
      const more = { logFormat, trustedProxies: ['127.0.0.1'], logLevel: 'debug' };
      const daemon = await startGuarded(t, auth, more, { users: `bob:$2b$04$${'a'.repeat(53)}\n` });
      for (const [index, request] of REQUESTS.entries()) {
        // Each from an address of its own, so that none has to wait.
        const from = `\r\nX-Forwarded-For: 192.0.2.${index}\r\n`;
        const { statuses } = await new Raw(daemon.url).send(request.replace('\r\n', from)).answer();
        assert.ok(statuses[0]! >= 400 || request.startsWith('OPTIONS'), request);
      }
      await fetch(daemon.url, { method: 'OPTIONS', headers: { ...TUS, 'X-Last': '1' } });
      await until('all of them to be logged', () => /OPTIONS/.test(daemon.output()));
      await daemon.stop();
      assert.match(daemon.output(), /hidden: it may be a token/);
      for (const secret of [SECRET, LINK])
        assert.ok(!daemon.output().includes(secret), daemon.output());
    });
  }
}
