import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runProxy } from './proxy.ts';

/** Runs nginx with these server blocks; what it writes stays in `folder`. */
export async function startNginx(
  t: TestContext,
  servers: string,
  { port, folder }: { port: number; folder: string },
): Promise<void> {
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  writeFileSync(
    file,
    [
      // A worker of another user could not write into the folder of this test.
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      'daemon off;',
      'worker_processes 1;',
      `pid ${join(folder, 'nginx.pid')};`,
      'error_log stderr warn;',
      'events { worker_connections 256; }',
      'http {',
      'access_log off;',
      ...temporary,
      servers,
      '}',
    ].join('\n'),
  );
  await runProxy(t, ['nginx', '-p', folder, '-c', file], { port, folder });
}
