import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { bytesOnDisk } from './disk.ts';
import { expectStatus, fail, notOffered, untestable } from './outcome.ts';
import type { Reply } from './reply.ts';
import { type Offers, readOffers, type Target } from './target.ts';
import { chunk, lastChunk, Wire, WireError } from './wire.ts';

export const OFFSET_STREAM = 'application/offset+octet-stream';

/** A header that is undefined is not sent, not even where it is sent by itself. */
export type Headers = Record<string, string | undefined>;

export interface Content {
  headers?: Headers;
  body?: Buffer;
  /** Sends the body in chunks, without Content-Length. */
  chunked?: boolean;
  trailers?: Record<string, string>;
}

/** The headers of a request as they go out: Host, Tus-Resumable, the target's own, and these. */
export function headerLines(t: Target, method: string, url: string, given: Headers) {
  const lines: Headers = { Host: new URL(url).host };
  if (method !== 'OPTIONS') lines['Tus-Resumable'] = '1.0.0';
  Object.assign(lines, t.headers, given);
  return Object.entries(lines).filter((line): line is [string, string] => line[1] !== undefined);
}

/** Path and query as they stand in the URL: nothing is normalised, since some tests need `%2F`. */
export function pathOf(url: string): string {
  return /^https?:\/\/[^/]+(\/[^#]*)?/.exec(url)?.[1] ?? '/';
}

/** One request on a connection of its own. */
export async function ask(t: Target, method: string, url: string, content: Content = {}) {
  const wire = await Wire.open(url, t.limitMs);
  try {
    sendOn(wire, t, method, url, content);
    return await wire.reply();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError(error.kind, `${method} ${pathOf(url).slice(0, 80)}: ${error.message}`);
  } finally {
    wire.close();
  }
}

/** Writes one whole request to an open connection. */
export function sendOn(wire: Wire, t: Target, method: string, url: string, content: Content = {}) {
  const { body = Buffer.alloc(0), chunked = false, trailers } = content;
  const framing: Headers = {};
  if (chunked) framing['Transfer-Encoding'] = 'chunked';
  else if (body.length > 0 || method === 'POST' || method === 'PATCH') {
    framing['Content-Length'] = String(body.length);
  }
  if (trailers !== undefined) framing.Trailer = Object.keys(trailers).join(', ');
  const headers = { ...framing, ...content.headers };
  wire.head(method, pathOf(url), headerLines(t, method, url, headers));
  if (!chunked) {
    wire.write(body);
    return;
  }
  if (body.length > 0) wire.write(chunk(body));
  wire.write(lastChunk(trailers));
}

const known = new WeakMap<Target, Promise<Offers>>();

/** What the server offers, asked once per target. */
export function offersOf(t: Target): Promise<Offers> {
  const asked = known.get(t) ?? ask(t, 'OPTIONS', t.url).then(readOffers);
  // A server that was down for a moment is asked again.
  asked.catch(() => known.delete(t));
  known.set(t, asked);
  return asked;
}

/** Whether the extension is in Tus-Extension. */
export async function offers(t: Target, extension: string): Promise<boolean> {
  return (await offersOf(t)).extensions.includes(extension);
}

/** Ends the check as "not offered" unless the extension is in Tus-Extension. */
export async function needs(t: Target, extension: string): Promise<void> {
  if (!(await offers(t, extension))) notOffered(extension);
}

/** POST to the creation URL. */
export function create(t: Target, headers: Headers, content: Content = {}): Promise<Reply> {
  return ask(t, 'POST', t.url, { ...content, headers: { ...headers, ...content.headers } });
}

/** The absolute URL in a creation's Location, which is remembered so that it can be removed. */
export function locationOf(t: Target, reply: Reply): string {
  const location = reply.headers.get('location');
  if (location === undefined || location === '') fail('the 201 of a creation has no Location');
  if (!URL.canParse(location, t.url)) fail(`Location is not a URL: "${location}"`);
  const url = new URL(location, t.url).href;
  t.made.add(url);
  return url;
}

/** Makes an upload that a check needs; fails the check if that does not work. */
export async function begin(t: Target, headers: Headers, content: Content = {}): Promise<string> {
  const reply = await create(t, headers, content);
  if (reply.status !== 201 && !(await offers(t, 'creation'))) notOffered('creation');
  expectStatus(reply, [201], 'making an upload to test with');
  return locationOf(t, reply);
}

/** An upload of this length with the first bytes of it sent. */
export async function beginWith(t: Target, length: number, bytes: Buffer): Promise<string> {
  const url = await begin(t, { 'Upload-Length': String(length) });
  if (bytes.length > 0) await append(t, url, 0, bytes);
  return url;
}

export function head(t: Target, url: string, headers: Headers = {}): Promise<Reply> {
  return ask(t, 'HEAD', url, { headers });
}

/** PATCH at an offset, given as a number or as the header's very text (undefined: no header). */
export function patch(
  t: Target,
  url: string,
  offset: number | string | undefined,
  body: Buffer,
  content: Content = {},
): Promise<Reply> {
  return ask(t, 'PATCH', url, { ...content, body, headers: patchHeaders(offset, content.headers) });
}

export function patchHeaders(offset: number | string | undefined, more: Headers = {}): Headers {
  const at = offset === undefined ? undefined : String(offset);
  return { 'Content-Type': OFFSET_STREAM, 'Upload-Offset': at, ...more };
}

/** A PATCH that a check needs to succeed. */
export async function append(t: Target, url: string, offset: number, body: Buffer): Promise<Reply> {
  const reply = await patch(t, url, offset, body);
  expectStatus(reply, [204], `PATCH of ${body.length} bytes at ${offset}`);
  return reply;
}

/** The offset that HEAD tells; fails the check if there is none. */
export async function offsetOf(t: Target, url: string): Promise<number> {
  const reply = await head(t, url);
  expectStatus(reply, [200, 204], 'HEAD of an upload');
  const offset = reply.headers.get('upload-offset');
  if (offset === undefined || !/^\d+$/.test(offset)) {
    fail(`HEAD of an upload: expected an Upload-Offset, got ${offset ?? 'none'}`);
  }
  return Number(offset);
}

/** The upload's bytes from the disk or by GET; undefined if the server gives no way to see them. */
export async function bytesOf(t: Target, url: string): Promise<Buffer | undefined> {
  if (t.disk !== undefined) return await bytesOnDisk(t, url);
  const reply = await ask(t, 'GET', url);
  return reply.status === 200 ? reply.body : undefined;
}

/** The upload's bytes; the check is untestable if there is no way to see them. */
export async function readBack(t: Target, url: string): Promise<Buffer> {
  return (await bytesOf(t, url)) ?? untestable('the server gives no way to read the bytes back');
}

/** Asks again until the answer is as wished; false if it never was within the target's limit. */
export async function eventually(t: Target, holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + t.limitMs;
  for (;;) {
    if (await holds()) return true;
    if (Date.now() > deadline) return false;
    await pause(50);
  }
}

/** Bytes that differ from place to place and from seed to seed. */
export function sample(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 1) bytes[i] = (i * 31 + (i >> 8) * 7 + seed * 101) & 0xff;
  return bytes;
}

/** A URL like the ones that this server gives out, of an upload that does not exist. */
export async function unknownUrl(t: Target): Promise<string> {
  const url = await begin(t, { 'Upload-Length': '1' });
  const cut = url.lastIndexOf('/') + 1;
  const noise = randomBytes(url.length).toString('hex');
  // The same alphabet and length, so that it is the upload that is unknown and not the form.
  const id = url.slice(cut).replace(/[0-9a-f]/g, (_, at: number) => noise[at] ?? '0');
  return url.slice(0, cut) + id;
}
