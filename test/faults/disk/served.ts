import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { creation, idOf, locationOf, offsetOf, type Reply, send } from '../../support/tus.ts';
import type { Program } from '../support/program.ts';
import type { Running } from '../support/running.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const SIZE = '6m';

/** A daemon on a small disk. */
export class ServedDisk {
  readonly disk: SmallDisk;
  readonly #program: Program;
  readonly #serveArgs: readonly string[];
  #daemon!: Running;
  url = '';

  private constructor(disk: SmallDisk, program: Program, serveArgs: readonly string[]) {
    this.disk = disk;
    this.#program = program;
    this.#serveArgs = serveArgs;
  }

  static async start(
    test: TestContext,
    program: Program,
    serveArgs: readonly string[] = ['--min-free-space', '0'],
  ): Promise<ServedDisk> {
    const served = new ServedDisk(await mountSmallDisk(test, SIZE), program, serveArgs);
    await served.serve();
    return served;
  }

  async serve(): Promise<void> {
    const args = ['serve', '--port', '0', '--upload-dir', this.disk.folder, ...this.#serveArgs];
    this.#daemon = this.disk.run(process.execPath, [this.#program.main, ...args]);
    this.url = await this.#daemon.ready();
  }

  output(): string {
    return this.#daemon.output();
  }

  kill(): Promise<void> {
    return this.#daemon.kill();
  }

  /** Ends the daemon; nothing that it has said may look like a bug. */
  async end(): Promise<void> {
    this.#daemon.child.kill('SIGTERM');
    assert.equal(await this.#daemon.ended, 0, this.#daemon.output());
    assert.doesNotMatch(this.#daemon.output(), /^\s+at /m, 'a stack trace is in the log');
  }

  /** The URL of an upload since the daemon was started again, on another port. */
  now(url: string): string {
    return this.url + idOf(url);
  }

  /** Runs a command with --json and gives what it printed. */
  async command(...args: string[]) {
    const all = [this.#program.main, ...args, '--json', '--upload-dir', this.disk.folder];
    const running = this.disk.run(process.execPath, all);
    assert.equal(await running.ended, 0, running.output());
    return JSON.parse(running.output());
  }

  /** Creates an upload without bytes and gives its URL. */
  async create(length: number | null, more: Record<string, string> = {}): Promise<string> {
    return locationOf(this.url, await this.post(creation(length, more)));
  }

  post(headers: Record<string, string>, body?: Buffer | Iterable<Buffer>): Promise<Reply> {
    return send('POST', this.url, { headers, ...(body ? { body } : {}) });
  }

  /** The offset that HEAD tells, which must be what is on the disk. */
  async offset(url: string): Promise<number> {
    const reply = await send('HEAD', url);
    assert.equal(reply.status, 200);
    assert.equal(offsetOf(reply), statSync(this.#path(url)).size, 'the offset is not the truth');
    return offsetOf(reply);
  }

  /** Asserts that an upload is finished, of these bytes, and as `verify` wants it. */
  async assertFinished(url: string, bytes: Buffer): Promise<void> {
    const { status, body } = await send('GET', url);
    assert.equal(status, 200, String(body));
    assert.ok(body.equals(bytes), 'other bytes');
    assert.ok(readFileSync(this.#path(url)).equals(bytes), 'other bytes on the disk');
    const { uploads } = await this.command('verify', idOf(url));
    assert.deepEqual(
      uploads.map(({ verdict }: { verdict: string }) => verdict),
      ['ok'],
    );
  }

  /** Asserts that these uploads are all there is, as records and as files. */
  async assertOnly(...urls: string[]): Promise<void> {
    const ids = urls.map(idOf).sort();
    const { uploads } = await this.command('list', '--parts');
    assert.deepEqual(uploads.map(({ id }: { id: string }) => id).sort(), ids, 'records');
    assert.deepEqual(readdirSync(join(this.disk.seen, 'tus')).sort(), ids, 'files');
  }

  #path(url: string): string {
    return join(this.disk.seen, 'tus', idOf(url));
  }
}
