import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { basic, bearer, startGuarded, tokenOf, tokenSetting } from '../access/support/guarded.ts';
import { effort } from './support/effort.ts';

const LOGINS = effort({ short: 2_000, ci: 5_000, long: 100_000 }, 'TUSD_TS_WRONG_LOGINS');
const ATTACKERS = 16;
/** Memory that garbage may take between two measurements (bytes). */
const SLACK = 64 * 2 ** 20;

type Headers = Readonly<Record<string, string>>;

function send(agent: Agent, url: string, headers: Headers, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = { 'Content-Length': body.length, 'Upload-Length': body.length };
    const type = body === '' ? {} : { 'Content-Type': 'application/offset+octet-stream' };
    request(url, {
      method: 'POST',
      agent,
      headers: { 'Tus-Resumable': '1.0.0', ...length, ...type, ...headers },
    })
      .on('error', reject)
      .on('response', (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
      .end(body);
  });
}

/** Bytes; null where the system does not tell. */
function memoryOf(pid: number): number | null {
  try {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib) * 1024;
  } catch {
    return null;
  }
}

/** Each from an address of its own, so that none has to wait; one in ten goes on from the same. */
function wrongLogin(count: number): Headers {
  const address =
    count % 10 === 0 ? '203.0.113.9' : `10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`;
  const login =
    count % 20 === 7
      ? basic(`name-${count}`, `password-${count}`)
      : bearer(`guess-${count}-0123456789abcdef`);
  return { ...login, 'X-Forwarded-For': address };
}

test(`${LOGINS} wrong logins take no memory, and others are served meanwhile`, async (t) => {
  // "nobody" with a password that nobody knows: bcrypt with a cost of 4.
  const users = 'nobody:$2y$04$abcdefghijklmnopqrstuuAbcdefghijklmnopqrstuvwxyzABCDE\n';
  const auth = { tokens: [tokenSetting('alice')], basic: { file: 'users' } };
  const daemon = await startGuarded(t, auth, { trustedProxies: ['127.0.0.1'] }, { users });
  const pid = daemon.child.pid ?? 0;
  const agent = new Agent({ keepAlive: true, maxSockets: ATTACKERS });
  t.after(() => agent.destroy());
  const counts = new Map<number, number>();
  let next = 0;
  const memory: (number | null)[] = [];
  const attack = async () => {
    while (next < LOGINS) {
      const count = next++;
      const status = await send(agent, daemon.url, wrongLogin(count));
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (count % (LOGINS / 10) === 0) memory.push(memoryOf(pid));
    }
  };
  let over = false;
  const others = async () => {
    const own = new Agent({ keepAlive: true });
    const times: number[] = [];
    while (!over) {
      const begun = performance.now();
      assert.equal(await send(own, daemon.url, bearer(tokenOf('alice')), 'hello'), 201);
      times.push(performance.now() - begun);
    }
    own.destroy();
    return times.sort((left, right) => left - right);
  };
  const serving = others();
  const begun = performance.now();
  await Promise.all(Array.from({ length: ATTACKERS }, attack));
  const seconds = (performance.now() - begun) / 1000;
  over = true;
  const times = await serving;
  // After a fifth as many addresses are remembered as there will ever be.
  const [early = null, late = null] = [memory[2], memoryOf(pid)];
  const at = (share: number) => Math.round(times[Math.floor(share * (times.length - 1))] ?? 0);
  t.diagnostic(
    `${Math.round(LOGINS / seconds)} wrong logins a second for ${Math.round(seconds)} s`,
  );
  t.diagnostic(
    `meanwhile ${times.length} uploads of others: ${at(0.5)} ms, ${at(0.99)} ms at the 99th percentile, ${at(1)} ms at most`,
  );
  const mib = [...memory, late].map((bytes) => Math.round((bytes ?? 0) / 2 ** 20));
  t.diagnostic(`memory in MiB, a tenth each: ${mib.join(' ')}; answers: ${[...counts].join(' ')}`);
  assert.deepEqual([...counts.keys()].sort(), [401, 429]);
  assert.ok((counts.get(401) ?? 0) >= 0.85 * LOGINS, 'most of them were looked at');
  assert.ok(times.length > 5);
  if (early !== null && late !== null) assert.ok(late < early + SLACK, `${early} ${late}`);
  assert.equal(await daemon.stop(), 0);
  const lines = daemon.output().match(/login failed from/g) ?? [];
  assert.ok(lines.length < 1_000 + LOGINS / 20, `${lines.length} lines`);
});
