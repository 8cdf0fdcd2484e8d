import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { needing } from '../support/tools.ts';
import { behindProxy } from './support/behind-proxy.ts';
import { runProxy, shipped } from './support/proxy.ts';

test('uploads go through Caddy as deploy/Caddyfile sets it up', needing('caddy'), (t) =>
  behindProxy(t, async (t, { port, certificate, folder }) => {
    const own = await freePort();
    const site = shipped('Caddyfile', {
      // No certificate authority gives one for this machine.
      '\nuploads.example.com {': `\nhttps://localhost:${own} {
	tls ${certificate.certificate} ${certificate.key}`,
      '127.0.0.1:1080': `127.0.0.1:${port}`,
    });
    const file = join(folder, 'Caddyfile');
    writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
    const command = ['caddy', 'run', '--adapter', 'caddyfile', '--config', file];
    await runProxy(t, command, { port: own, folder });
    return { port: own, url: `https://localhost:${own}/uploads/files/` };
  }),
);
