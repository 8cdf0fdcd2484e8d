import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { append, bearer, create, created, startGuarded } from './support/guarded.ts';

const AUDIENCE = 'https://files.example.org/';

/** An OpenID provider that gives programs tokens for our server; returns its URL. */
async function startProvider(t: TestContext): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // It has no types.
  const name: string = 'oidc-provider';
  const { default: Provider } = await import(name);
  const provider = new Provider(url, {
    clients: ['app', 'other'].map((client_id) => ({
      client_id,
      client_secret: 'secret',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    scopes: ['create', 'append'],
    ttl: { ClientCredentials: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        getResourceServerInfo: () => ({
          ...{ scope: 'create append', audience: AUDIENCE },
          ...{ accessTokenFormat: 'jwt', accessTokenTTL: 300 },
        }),
      },
    },
  });
  server.on('request', provider.callback());
  return url;
}

test('the tokens of an OpenID provider let its clients in, with the grants of their scope', async (t) => {
  const issuer = await startProvider(t);
  const configuration = await fetch(`${issuer}/.well-known/openid-configuration`);
  const { jwks_uri, token_endpoint } = (await configuration.json()) as Record<string, string>;
  const tokenOf = async (client: string, scope: string) => {
    const answer = await fetch(token_endpoint!, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${client}:secret`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  const { url } = await startGuarded(t, {
    jwt: { jwksUrl: jwks_uri, issuer, audience: AUDIENCE, grantsClaim: 'scope' },
  });
  const app = bearer(await tokenOf('app', 'create append'));
  const upload = await created(url, app, 'he', 5);
  assert.equal((await append(upload, app, 2, 'llo')).status, 204);
  assert.equal((await fetch(upload, { headers: app })).status, 403, 'read is not in the scope');
  const less = bearer(await tokenOf('app', 'append'));
  assert.equal((await create(url, less)).status, 403);
  const other = bearer(await tokenOf('other', 'create append'));
  assert.equal((await append(upload, other, 5, '')).status, 404);
});
