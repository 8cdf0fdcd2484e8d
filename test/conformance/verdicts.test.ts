import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { judge } from '../../conformance/check.ts';
import { CHECKS } from '../../conformance/checks.ts';
import type { Outcome } from '../../conformance/outcome.ts';
import { ROWS } from '../../conformance/rows.ts';
import { launch } from '../../conformance/servers/server-process.ts';
import { stockTarget } from '../../conformance/servers/stock-target.ts';
import type { Target } from '../../conformance/target.ts';
import { ask } from '../../conformance/tus.ts';
import { ROOT } from '../support/script.ts';

/** Stock @tus/server is known to be wrong here, right there, and without checksums. */
let stock: Target;
before(async () => {
  stock = await stockTarget();
});
after(async () => {
  await stock?.close?.();
});

const MORTAL = `
  const server = require('node:http').createServer((request, response) => {
    if (request.method === 'DELETE') throw new Error('no DELETE, please');
    response.writeHead(204).end();
  });
  server.listen(Number(process.argv[1]), '127.0.0.1', () => {
    console.log('http://127.0.0.1:' + server.address().port + '/ ');
  });
`;

function verdictOf(id: string): Promise<Outcome> {
  const row = ROWS.find((candidate) => candidate.id === id);
  assert.ok(row, id);
  return judge(row, CHECKS[id], stock);
}

test('the suite fails a row that a server gets wrong, with what was expected and what came', async () => {
  const outcome = await verdictOf('C08');
  assert.equal(outcome.kind, 'fail');
  assert.match(outcome.why, /expected 412, got 400/);
  assert.equal((await verdictOf('CR24')).kind, 'fail');
});

test('the suite passes a row that the same server gets right', async () => {
  assert.deepEqual(await verdictOf('C26'), { kind: 'pass' });
  assert.deepEqual(await verdictOf('C35'), { kind: 'pass' });
});

test('the suite tells what is not offered from what is wrong', async () => {
  assert.equal((await verdictOf('CK03')).kind, 'not-offered');
  assert.equal((await verdictOf('CC06')).kind, 'not-offered');
});

test('a row in which the server dies fails with how it died, and the next row is judged', async () => {
  const mortal = await launch({
    name: 'a server that dies of DELETE',
    args: (port) => ['-e', MORTAL, String(port)],
    dataFile: (folder) => folder,
    sweep: () => Promise.resolve(),
  });
  try {
    const [row] = ROWS;
    assert.ok(row);
    const outcome = await judge(
      row,
      async (t) => {
        await ask(t, 'DELETE', t.url).catch(() => undefined);
        return { kind: 'pass' };
      },
      mortal,
    );
    const why = "the server's process died (1): Error: no DELETE, please";
    assert.deepEqual(outcome, { kind: 'fail', why });
    assert.equal((await ask(mortal, 'OPTIONS', mortal.url)).status, 204);
  } finally {
    await mortal.close?.();
  }
});

test('the suite imports nothing but Node and itself, so that it can judge any server', () => {
  const folder = join(ROOT, 'conformance');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => {
    // The servers that it is compared with are not the suite.
    return file.endsWith('.ts') && !/^servers.(listen|stock-.*)\.ts$/.test(file);
  });
  assert.ok(files.length > 20);
  for (const file of files) {
    const source = readFileSync(join(folder, file), 'utf8');
    const imports = [...source.matchAll(/^(?:import|export) [^;]*?from '([^']+)';/gms)];
    for (const [, from = ''] of imports) {
      const inside = join(dirname(file), from).startsWith('..') === false && from.startsWith('.');
      assert.ok(from.startsWith('node:') || inside, `${file} imports ${from}`);
    }
  }
});
