import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openPostgresCatalog } from '../../../../src/storage/catalog/postgres/postgres-catalog.ts';
import { makeCertificate } from '../../../support/certificate.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { freePort } from '../../../support/ports.ts';
import { needingPostgres, runSql, startPostgres } from '../../../support/services/postgres.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a connection can be encrypted, and the server checked', needingPostgres(), async (t) => {
  const server = startPostgres({ port: await freePort() });
  t.after(() => server.stop());
  const folder = temporaryFolder(t);
  const certificate = makeCertificate(folder, 'database', ['localhost']);
  const other = makeCertificate(folder, 'other', ['localhost']);
  server.encrypt(certificate);
  const url = server.url.replace('127.0.0.1', 'localhost');
  const open = (ssl: Parameters<typeof openPostgresCatalog>[0]['ssl'] & {}) =>
    openPostgresCatalog({ url, ssl, role: 'daemon', warn: () => {} });

  const catalog = await open({ ca: readFileSync(certificate.cert, 'utf8') });
  t.after(() => catalog.close());
  await catalog.probe();
  const sessions = await runSql(
    `${url}?sslmode=no-verify`,
    `SELECT 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
     WHERE ssl AND application_name = 'tusd-ts'`,
  );
  assert.ok(sessions.length > 0);
  const faults = [
    await faultOf(open(true)),
    await faultOf(open({ ca: readFileSync(other.cert, 'utf8') })),
    await faultOf(open(false)),
  ];
  assert.deepEqual(
    faults.map(({ code }) => code),
    ['UNAVAILABLE', 'UNAVAILABLE', 'PERMISSION'],
  );
  assert.match(faults[0]!.message, /self-signed certificate/);
});
