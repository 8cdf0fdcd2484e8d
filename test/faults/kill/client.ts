import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  appendAt,
  type Content,
  creation,
  idOf,
  locationOf,
  OFFSET_STREAM,
  offsetOf,
  type Reply,
  send,
} from '../../support/tus.ts';
import { until } from '../../support/until.ts';
import type { Random } from '../support/random.ts';
import type { Expected } from './ledger.ts';
import type { World } from './world.ts';

/** plain counts byte by byte; the others carry a checksum and count as a whole. */
export type Mode = 'plain' | 'header' | 'trailer';

export interface Plan {
  readonly mode: Mode;
  /** The length is declared with the last request only. */
  readonly deferred: boolean;
  /** How many bytes the creation brings. */
  readonly first: number;
}

/** A tus client that keeps going through every kill, and remembers the answers. */
export class Client {
  readonly world: World;
  readonly random: Random;

  constructor(world: World, random: Random) {
    this.world = world;
    this.random = random;
  }

  /** One request; undefined when the daemon was killed meanwhile. */
  async ask(method: string, id: string | null, content?: Content): Promise<Reply | undefined> {
    const { url, generation } = await this.world.up();
    try {
      const reply = await send(method, url + (id ?? ''), content);
      this.world.answered();
      return reply;
    } catch (error) {
      if (this.world.generation === generation) {
        throw new Error(`${method} broke although the daemon was not killed`, { cause: error });
      }
      return undefined;
    }
  }

  /** Repeats a request until an answer comes. */
  async insist(method: string, id: string, content?: Content): Promise<Reply> {
    for (;;) {
      const reply = await this.ask(method, id, content);
      if (reply) return reply;
    }
  }

  /** Creates an upload; when the answer is lost, another one of the same key. */
  async create(entry: Expected, plan: Plan): Promise<void> {
    const { key, kind, bytes } = entry;
    const body = bytes.subarray(0, plan.first);
    const headers = creation(plan.deferred ? null : bytes.length, {
      'Upload-Metadata': `key ${Buffer.from(key).toString('base64')}`,
      ...(kind === 'partial' ? { 'Upload-Concat': 'partial' } : {}),
      ...(plan.first > 0 ? { 'Content-Type': OFFSET_STREAM } : {}),
    });
    for (;;) {
      const reply = await this.ask('POST', null, this.#content(headers, body, plan.mode));
      if (!reply) continue;
      assert.equal(reply.status, 201, `POST of ${key}: ${reply.status} ${reply.body}`);
      entry.id = idOf(locationOf('http://daemon/', reply));
      if (plan.first > 0) assert.equal(offsetOf(reply), plan.first, `the offset of ${key}`);
      entry.acknowledged = plan.first;
      return;
    }
  }

  /** Appends bytes up to `to`, asking where it stands after every kill. */
  async transfer(entry: Expected, plan: Plan, to = entry.bytes.length): Promise<void> {
    const id = entry.id!;
    while (entry.acknowledged < to) {
      const from = entry.acknowledged;
      const size = Math.min(to - from, this.random.int(1, this.random.pick([3000, 100_000, to])));
      const last = from + size === entry.bytes.length;
      const block = entry.bytes.subarray(from, from + size);
      const length = plan.deferred && last ? { 'Upload-Length': `${entry.bytes.length}` } : {};
      const spoilt = plan.mode === 'header' && this.random.chance(0.1);
      const content = this.#content(appendAt(from, length), block, plan.mode, spoilt);
      const reply = await this.ask('PATCH', id, content);
      if (reply) this.#believe(entry, reply, spoilt ? from : from + size, spoilt);
      else await this.#askOffset(entry, from, size, plan.mode !== 'plain', spoilt);
    }
    if (to === entry.bytes.length) entry.finished = true;
  }

  #believe(entry: Expected, reply: Reply, offset: number, spoilt: boolean): void {
    const what = `PATCH of ${entry.key} (${entry.id}): ${reply.status} ${reply.body}`;
    assert.equal(reply.status, spoilt ? 460 : 204, what);
    if (!spoilt) assert.equal(offsetOf(reply), offset, `the offset after ${what}`);
    entry.acknowledged = offset;
  }

  /** After a kill in the middle of a request for [from, from + size). */
  async #askOffset(
    entry: Expected,
    from: number,
    size: number,
    whole: boolean,
    spoilt: boolean,
  ): Promise<void> {
    const reply = await this.insist('HEAD', entry.id!);
    const about = `${entry.key} (${entry.id}), after a kill within ${from}..${from + size}`;
    assert.equal(reply.status, 200, `HEAD of ${about}: ${reply.status}`);
    const offset = offsetOf(reply);
    assert.ok(offset >= from, `acknowledged bytes were lost: ${offset} of ${about}`);
    assert.ok(offset <= from + size, `bytes that were never sent: ${offset} of ${about}`);
    if (spoilt) assert.equal(offset, from, `bytes that fail their checksum count: ${about}`);
    if (whole) {
      assert.ok(offset === from || offset === from + size, `a part counts: ${offset} of ${about}`);
    }
    entry.acknowledged = offset;
  }

  /** Waits until an upload is finished and compares every byte. */
  async download(entry: Expected): Promise<void> {
    const bytes = await until(
      `${entry.key} (${entry.id}) is finished`,
      async () => {
        const reply = await this.insist('GET', entry.id!);
        if (reply.status === 200) return reply.body;
        // All bytes are there, and the finish that a kill prevented is being recorded.
        assert.equal(reply.status, 409, `GET of ${entry.key}: ${reply.status} ${reply.body}`);
        return undefined;
      },
      60_000,
    );
    assert.ok(bytes.equals(entry.bytes), `other bytes in ${entry.key} (${entry.id})`);
    entry.finished = true;
  }

  #content(headers: Record<string, string>, block: Buffer, mode: Mode, spoilt = false): Content {
    const sent = spoilt ? Buffer.concat([block.subarray(1), Buffer.from('?')]) : block;
    const pieces = this.#pieces(sent);
    if (mode === 'plain' || block.length === 0)
      return { headers, body: pieces, length: sent.length };
    const checksum = `sha256 ${createHash('sha256').update(block).digest('base64')}`;
    if (mode === 'trailer') {
      return { headers, body: pieces, trailers: { 'Upload-Checksum': checksum } };
    }
    return {
      headers: { ...headers, 'Upload-Checksum': checksum },
      body: pieces,
      length: sent.length,
    };
  }

  /** Sends in pieces with pauses, so that a kill often falls between them. */
  async *#pieces(block: Buffer): AsyncGenerator<Buffer> {
    const pieces = block.length < 2 ? 1 : this.random.int(1, 4);
    for (let piece = 0; piece < pieces; piece += 1) {
      if (piece > 0) await pause(this.random.int(0, 4));
      const at = (share: number) => Math.floor((block.length * share) / pieces);
      yield block.subarray(at(piece), at(piece + 1));
    }
  }
}
