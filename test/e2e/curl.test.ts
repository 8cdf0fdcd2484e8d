import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemon } from '../support/command.ts';
import { makeFile, sha256Of, sha256OfFile } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const TUS = ['-H', 'Tus-Resumable: 1.0.0'];
const BYTES = ['-H', 'Content-Type: application/offset+octet-stream'];

interface Answer {
  readonly status: number;
  /** The statuses that came before, such as 100. */
  readonly interim: number[];
  readonly header: (name: string) => string | undefined;
  readonly body: string;
}

function spawnCurl(args: readonly string[], cwd?: string) {
  const all = ['--silent', '--show-error', '--http1.1', ...args];
  const child = spawn('curl', all, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (data) => output.push(data));
  const closed = once(child, 'close').then(() => Buffer.concat(output));
  return { child, closed };
}

/** Runs curl and reads the answers that it prints with their headers. */
async function curl(...args: string[]): Promise<Answer> {
  let rest = (await spawnCurl(['--include', ...args]).closed).toString('latin1');
  const interim: number[] = [];
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    assert.notEqual(end, -1, `curl ${args.join(' ')} got no answer`);
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(first.split(' ')[1]);
    rest = rest.slice(end + 4);
    if (status < 200) {
      interim.push(status);
      continue;
    }
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    return { status, interim, header: (name) => headers.get(name.toLowerCase()), body: rest };
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('curl uploads, resumes and downloads', needing('curl'), async (t) => {
  const folder = temporaryFolder(t);
  const files = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  const pathOf = (url: string) => join(folder, 'tus', url.slice(daemon.url.length));

  async function create(length: number, ...more: string[]): Promise<string> {
    const created = await curl(
      '-X',
      'POST',
      ...TUS,
      '-H',
      `Upload-Length: ${length}`,
      ...more,
      daemon.url,
    );
    assert.equal(created.status, 201, created.body);
    return new URL(created.header('location') ?? '', daemon.url).href;
  }

  /** A finished upload of this content. */
  function put(content: string, metadata: string): Promise<string> {
    const meta = `Upload-Metadata: ${metadata}`;
    return create(Buffer.byteLength(content), ...BYTES, '-H', meta, '--data-binary', content);
  }

  await t.test('OPTIONS lists what the server can do', async () => {
    const options = await curl('-X', 'OPTIONS', daemon.url);
    assert.ok([200, 204].includes(options.status));
    assert.equal(options.header('tus-version'), '1.0.0');
    assert.equal(
      options.header('tus-extension'),
      'creation,creation-with-upload,creation-defer-length,expiration,checksum,checksum-trailer,termination,concatenation,concatenation-unfinished',
    );
  });

  await t.test('a file is created, sent after 100 Continue, and is there', async () => {
    const file = await makeFile(files, 'whole.bin', 3 * MIB + 5);
    const url = await create(file.size);
    const patch = ['-X', 'PATCH', ...TUS, ...BYTES, '-H', 'Upload-Offset: 0'];
    const body = ['-H', 'Expect: 100-continue', '--data-binary', `@${file.path}`];
    const patched = await curl(...patch, ...body, url);
    assert.deepEqual(patched.interim, [100]);
    assert.equal(patched.status, 204);
    assert.equal(patched.header('upload-offset'), String(file.size));
    assert.equal(await sha256OfFile(pathOf(url)), file.sha256);
    await spawnCurl(['-o', 'again.bin', url], files).closed;
    assert.equal(await sha256OfFile(join(files, 'again.bin')), file.sha256);
  });

  await t.test('no 100 Continue is sent for a body that would be refused', async () => {
    const file = await makeFile(files, 'refused.bin', 2 * MIB);
    const url = await create(10);
    const patch = ['-X', 'PATCH', ...TUS, ...BYTES, '-H', 'Upload-Offset: 0'];
    const body = ['-H', 'Expect: 100-continue', '--data-binary', `@${file.path}`];
    const refused = await curl(...patch, ...body, url);
    assert.deepEqual([refused.status, refused.interim], [413, []]);
  });

  await t.test("a killed upload goes on at HEAD's offset", async () => {
    const file = await makeFile(files, 'resumed.bin', 8 * MIB);
    const url = await create(file.size);
    const offset = async () => Number((await curl('-I', ...TUS, url)).header('upload-offset'));
    const patch = ['-X', 'PATCH', ...TUS, ...BYTES];
    const slowly = ['--limit-rate', '4M', '-H', 'Upload-Offset: 0', '-T', file.path];
    const { child, closed } = spawnCurl([...patch, ...slowly, url]);
    await until('some bytes arrive', async () => (await offset()) > 0);
    child.kill('SIGKILL');
    await closed;
    const content = await readFile(file.path);
    const rest = join(files, 'rest.bin');
    const attempts: [number, number][] = [];
    // What was on its way when curl died may still arrive between HEAD and PATCH; a client asks again.
    await until('the rest is taken', async () => {
      const from = await offset();
      await writeFile(rest, content.subarray(from));
      const at = ['-H', `Upload-Offset: ${from}`];
      const { status } = await curl(...patch, ...at, '--data-binary', `@${rest}`, url);
      attempts.push([from, status]);
      return status === 204;
    });
    const [from = 0] = attempts.at(-1) ?? [];
    assert.ok(from > 0 && from < file.size, JSON.stringify(attempts));
    assert.equal(await sha256OfFile(pathOf(url)), file.sha256);
  });

  await t.test('ranges and conditions work as for any file', async () => {
    const url = await put('0123456789', `filename ${base64('digits.txt')}`);
    const range = (value: string, ...more: string[]) => curl('-r', value, ...more, url);
    const middle = await range('2-4');
    assert.deepEqual([middle.status, middle.body], [206, '234']);
    assert.equal(middle.header('content-range'), 'bytes 2-4/10');
    assert.equal((await range('-3')).body, '789');
    assert.equal((await range('8-')).body, '89');
    const outside = await range('99-');
    assert.deepEqual([outside.status, outside.header('content-range')], [416, 'bytes */10']);

    const whole = await curl(url);
    assert.deepEqual([whole.status, whole.body], [200, '0123456789']);
    const etag = whole.header('etag') ?? '';
    const modified = whole.header('last-modified') ?? '';
    assert.match(etag, /^"[^"]+"$/);
    const asked = (...headers: string[]) => curl(...headers.flatMap((one) => ['-H', one]), url);
    assert.equal((await asked(`If-None-Match: ${etag}`)).status, 304);
    assert.equal((await asked('If-None-Match: "another"')).status, 200);
    assert.equal((await asked(`If-Modified-Since: ${modified}`)).status, 304);
    assert.equal((await asked('If-Match: "another"')).status, 412);
    assert.equal((await asked(`If-Range: ${etag}`, 'Range: bytes=0-0')).body, '0');
    assert.equal((await asked('If-Range: "another"', 'Range: bytes=0-0')).body, '0123456789');
    const looked = await curl('-I', url);
    assert.deepEqual([looked.status, looked.header('content-length')], [200, '10']);
    assert.equal(looked.header('accept-ranges'), 'bytes');
  });

  await t.test('an unfinished upload cannot be downloaded', async () => {
    assert.equal((await curl(await create(10))).status, 409);
  });

  await t.test('hostile names stay names', async () => {
    const names: [name: string, saved: string][] = [
      ['../../../etc/passwd', 'passwd'],
      ['..\\..\\boot.ini', 'boot.ini'],
      ['a"; filename=evil.sh; x="b.txt', 'a"; filename=evil.sh; x="b.txt'],
      ['line\r\nSet-Cookie: a=b', 'line__Set-Cookie: a=b'],
      ['nul\0byte', 'nul_byte'],
      ['gpj.\u202Eexe.txt', 'gpj._exe.txt'],
      ['zero\u200Bwidth', 'zero_width'],
      ['Größe ✓ 日本.txt', 'Größe ✓ 日本.txt'],
      ['..', 'download'],
      ['.', 'download'],
    ];
    for (const [name, saved] of names) {
      const got = await curl(await put('x', `filename ${base64(name)}`));
      const shown = JSON.stringify(name);
      assert.deepEqual([got.status, got.body], [200, 'x'], shown);
      assert.equal(got.header('set-cookie'), undefined, shown);
      assert.equal(fileNameOf(got.header('content-disposition') ?? ''), saved, shown);
    }
  });

  await t.test('a client that saves under the given name stays in its folder', async () => {
    const inner = join(files, 'outer', 'inner');
    mkdirSync(inner, { recursive: true });
    const url = await put('x', `filename ${base64('../climbed.txt')}`);
    await spawnCurl(['-OJ', url], inner).closed;
    assert.deepEqual(readdirSync(join(files, 'outer')), ['inner']);
    assert.equal(readdirSync(inner).length, 1);
  });

  await t.test('the browser shows no file that it would execute', async () => {
    const types: [type: string, sent: string, disposition: string][] = [
      ['text/html', 'text/html', 'attachment'],
      ['image/svg+xml', 'image/svg+xml', 'attachment'],
      [
        'text/plain;a="........................................',
        'application/octet-stream',
        'attachment',
      ],
      ['image/png\r\nX-Evil: 1', 'application/octet-stream', 'attachment'],
      ['image/png', 'image/png', 'inline'],
      ['text/plain', 'text/plain; charset=utf-8', 'inline'],
    ];
    for (const [type, sent, disposition] of types) {
      const got = await curl(await put('x', `filetype ${base64(type)}`));
      assert.equal(got.header('content-type'), sent, type);
      assert.match(got.header('content-disposition') ?? '', new RegExp(`^${disposition}`), type);
      assert.equal(got.header('x-content-type-options'), 'nosniff');
      assert.match(got.header('content-security-policy') ?? '', /sandbox/);
      assert.equal(got.header('x-evil'), undefined);
    }
  });

  await t.test('what was uploaded is unharmed after all of this', async () => {
    const url = await put('still here', `filename ${base64('last')}`);
    assert.equal(sha256Of(await readFile(pathOf(url))), sha256Of(Buffer.from('still here')));
    assert.equal(await daemon.stop(), 0);
  });
});

/** The name that a client reads out of a Content-Disposition (RFC 6266): `filename*` goes first. */
function fileNameOf(disposition: string): string {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) return decodeURIComponent(extended);
  const quoted = /filename="((?:[^"\\]|\\.)*)"/.exec(disposition)?.[1];
  if (quoted !== undefined) return quoted.replaceAll(/\\(.)/g, '$1');
  return /filename=([^;\s]+)/.exec(disposition)?.[1] ?? '';
}
