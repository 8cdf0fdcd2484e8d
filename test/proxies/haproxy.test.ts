import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { needing } from '../support/tools.ts';
import { behindProxy } from './support/behind-proxy.ts';
import { runProxy, shipped } from './support/proxy.ts';

test('uploads go through HAProxy as deploy/haproxy.cfg sets it up', needing('haproxy'), (t) =>
  behindProxy(t, async (t, { port, certificate, folder }) => {
    const own = await freePort();
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(
      file,
      shipped('haproxy.cfg', {
        'bind :443 ': `bind :${own} `,
        'bind :::443 ': `bind :::${own} `,
        '/etc/ssl/uploads.example.com.pem': certificate.both,
        '127.0.0.1:1080': `127.0.0.1:${port}`,
      }),
    );
    await runProxy(t, ['haproxy', '-db', '-f', file], { port: own, folder });
    return { port: own, url: `https://localhost:${own}/uploads/files/` };
  }),
);
