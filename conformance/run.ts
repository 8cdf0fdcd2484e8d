/**
 * The tus 1.0.0 conformance suite, from the command line:
 *
 *     npm run conformance -- --url http://127.0.0.1:1080/files/
 *
 * It looks at a server from outside, over HTTP, row by row, and tells what is wrong from what is
 * not offered (an extension that OPTIONS does not name) and from what cannot be seen from here.
 * It imports nothing of the project whose folder it lives in, apart from a server that it starts for
 * --stock-on-ours. `--help` has the options and the
 * exit codes.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judge } from './check.ts';
import { CHECKS } from './checks.ts';
import { type Result, renderJson, renderText } from './report.ts';
import { ROWS } from './rows.ts';
import { selfSigned } from './servers/self-signed.ts';
import { selfTarget } from './servers/self-target.ts';
import { stockOnOursTarget } from './servers/stock-on-ours-target.ts';
import { stockTarget } from './servers/stock-target.ts';
import { foreignTarget, type Target } from './target.ts';
import { trust } from './trust.ts';
import { ask, offers } from './tus.ts';

const HELP = `Looks at a tus 1.0.0 server over HTTP and says what it gets wrong.

Usage: npm run conformance -- (--url URL | --stock | --stock-on-ours | --self) [options]

  --url URL         the URL that creates uploads, such as http://127.0.0.1:1080/files/
  --stock           start @tus/server with @tus/file-store, and look at that
  --stock-on-ours   start @tus/server with tusd-ts/tus-server, and look at that
  --self            start this project's own command, and look at that
  --tls             with --self: over https, with a certificate made by openssl
  --cacert FILE     accept servers with certificates signed by this one (PEM)
  --only PREFIX     only rows whose id begins with PREFIX: CK, C0, X6 (repeatable)
  --header "N: V"   send this header with every request (repeatable)
  --timeout MS      how long to wait for any one answer (default 10000)
  --slow            also look at what takes more than five minutes (C34)
  --json            print JSON instead of a table
  --help            print this

Examples:
  npm run conformance -- --url http://127.0.0.1:1080/files/
  npm run conformance -- --url https://example.org/files/ --header "Authorization: Bearer abc"
  npm run conformance -- --url http://127.0.0.1:1080/files/ --only CK --only C3

The uploads that were made are terminated in the end, if the server offers it.
Rows that need a look at the server's disk, a restart or another configuration are decided for
the servers that are started here; for --url they rest on what HTTP shows, or count as untestable. A server whose
uploads expire within 15 seconds has its expiry looked at too.

Exit codes: 0 no row failed; 1 a row failed, whatever its level; 64 usage; 69 no server there.
`;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: 'string' },
        stock: { type: 'boolean', default: false },
        'stock-on-ours': { type: 'boolean', default: false },
        self: { type: 'boolean', default: false },
        tls: { type: 'boolean', default: false },
        cacert: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        header: { type: 'string', multiple: true, default: [] },
        timeout: { type: 'string', default: '10000' },
        slow: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return usage((error as Error).message);
  }
}

function usage(message: string): never {
  process.stderr.write(`conformance: ${message}\nTry: npm run conformance -- --help\n`);
  process.exit(64);
}

async function chooseTarget(args: ReturnType<typeof readArguments>): Promise<Target> {
  const limitMs = Number(args.timeout);
  if (!Number.isInteger(limitMs) || limitMs < 1) usage(`--timeout ${args.timeout} is no time`);
  const options = { limitMs, slow: args.slow };
  const onOurs = args['stock-on-ours'];
  if ([args.url !== undefined, args.stock, onOurs, args.self].filter(Boolean).length !== 1) {
    usage('one of --url, --stock, --stock-on-ours and --self is needed');
  }
  if (args.tls && !args.self) usage('--tls goes with --self alone');
  if (args.cacert !== undefined) trust(await readCertificate(args.cacert));
  if (args.stock) return await stockTarget(options);
  if (onOurs) return await stockOnOursTarget(options);
  if (args.self) return await self(options, args.tls);
  const url = args.url ?? '';
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    usage(`"${url}" is not an http(s) URL`);
  }
  const headers = Object.fromEntries(
    args.header.map((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? usage(`"${line}" is no header`);
      return [name, value];
    }),
  );
  return foreignTarget(new URL(url).href, { ...options, headers });
}

/** This project's own command, over https if wanted. */
async function self(options: { limitMs: number; slow: boolean }, overTls: boolean) {
  if (!overTls) return await selfTarget(options);
  const folder = await mkdtemp(join(tmpdir(), 'tus-conformance-tls-'));
  const target = await selfTarget({ ...options, tls: await selfSigned(folder) });
  const { close } = target;
  return Object.assign(target, {
    close: async () => {
      await close?.();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

async function readCertificate(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: Error) => usage(error.message));
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  return usage(`${path} holds no certificate in PEM`);
}

async function run(t: Target, only: string[], progress: (line: string) => void) {
  const results: Result[] = [];
  const rows = ROWS.filter(({ id }) => {
    return only.length === 0 || only.some((prefix) => id.startsWith(prefix));
  });
  for (const row of rows) {
    progress(`${row.id} ${row.requirement}`);
    results.push({ row, outcome: await judge(row, CHECKS[row.id], t) });
  }
  progress('');
  return results;
}

async function terminateAll(t: Target): Promise<void> {
  if (!(await offers(t, 'termination').catch(() => false))) return;
  for (const url of t.made) await ask(t, 'DELETE', url).catch(() => undefined);
}

async function main(): Promise<number> {
  const args = readArguments();
  if (args.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const progress = (line: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line.slice(0, 78)}`);
  };
  const target = await chooseTarget(args);
  try {
    await ask(target, 'OPTIONS', target.url);
  } catch (error) {
    process.stderr.write(`conformance: no server at ${target.url}: ${(error as Error).message}\n`);
    await target.close?.();
    return 69;
  }
  try {
    const results = await run(target, args.only, progress);
    if (results.length === 0) usage(`no row begins with ${args.only.join(' or ')}`);
    const title = `tus 1.0.0 conformance of ${target.name} at ${target.url}`;
    const text = args.json ? renderJson(results, target) : renderText(results, title);
    process.stdout.write(`${text}\n`);
    return results.some(({ outcome }) => outcome.kind === 'fail') ? 1 : 0;
  } finally {
    await terminateAll(target);
    await target.close?.();
  }
}

process.exitCode = await main();
