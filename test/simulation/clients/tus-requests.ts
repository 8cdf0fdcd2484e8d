import { crc32 } from '../../../src/storage/model/crc32.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import type { AppendOutcome, BodyRequest } from '../../../src/storage/uploads/receiving/receive.ts';
import type { Running } from '../daemon.ts';
import type { SimulatedBody } from './simulated-body.ts';
import { askTus, type TusAnswer, type TusRequest } from './tus-door.ts';

/** What a request brings, and the bytes whose checksum it names; undefined without one. */
export interface TusBringing {
  readonly brought: BodyRequest;
  readonly meant: (() => Buffer) | undefined;
}

/** How the requests of a client look in tus 1.0.0, and what their answers tell. */
export class TusRequests {
  readonly #recordOf: (id: string) => StoredUpload;

  /** `recordOf`: what only the caller's trace and checks may know. */
  constructor(recordOf: (id: string) => StoredUpload) {
    this.#recordOf = recordOf;
  }

  async create(
    daemon: Running,
    token: string,
    { kind, length }: { readonly kind: 'single' | 'partial'; readonly length: number | null },
    bringing: TusBringing | undefined,
  ): Promise<AppendOutcome> {
    const answer = await askTus(daemon, {
      method: 'POST',
      id: null,
      token,
      ...bodyOf(bringing),
      headers: {
        ...(length === null ? { 'upload-defer-length': '1' } : { 'upload-length': String(length) }),
        ...(kind === 'partial' ? { 'upload-concat': 'partial' } : {}),
        ...headersOf(bringing),
      },
    });
    return this.#outcome(idOf(answer), answer);
  }

  async append(
    daemon: Running,
    token: string,
    { id, offset, length }: { id: string; offset: number; length: number | undefined },
    bringing: TusBringing,
  ): Promise<AppendOutcome> {
    const answer = await askTus(daemon, {
      method: 'PATCH',
      id,
      token,
      ...bodyOf(bringing),
      headers: {
        'upload-offset': String(offset),
        ...(length === undefined ? {} : { 'upload-length': String(length) }),
        ...headersOf(bringing),
      },
    });
    return this.#outcome(id, answer);
  }

  /** A client takes an upload for finished when HEAD reports all its bytes. */
  async head(daemon: Running, token: string, id: string) {
    const { headers } = await askTus(daemon, { method: 'HEAD', id, token, headers: {} });
    const offset = headers['upload-offset'] === undefined ? null : Number(headers['upload-offset']);
    const length = headers['upload-length'] === undefined ? null : Number(headers['upload-length']);
    const record = this.#recordOf(id);
    const state = offset !== null && offset === length ? 'finished' : 'receiving';
    return { record: { ...record, state, length, refusal: null } as const, offset };
  }

  async concatenate(daemon: Running, token: string, parts: readonly string[]): Promise<string> {
    const urls = parts.map((id) => `/files/${id}`).join(' ');
    const headers = { 'upload-concat': `final;${urls}` };
    return idOf(await askTus(daemon, { method: 'POST', id: null, token, headers }));
  }

  #outcome(id: string, { headers }: TusAnswer): AppendOutcome {
    const record = this.#recordOf(id);
    const offset = Number(headers['upload-offset'] ?? 0);
    return { record, offset, finished: offset === record.length, interrupted: null };
  }
}

function bodyOf(bringing: TusBringing | undefined): Partial<TusRequest> {
  if (!bringing) return {};
  const { brought, meant } = bringing;
  return {
    body: brought.body as SimulatedBody,
    onAccepted: () => brought.onAccepted?.(),
    // Asked for when the body has ended: only then a client knows of a new upload what it sends.
    ...(meant
      ? {
          trailers: {
            get 'upload-checksum'() {
              return checksumOf(meant());
            },
          },
        }
      : {}),
  };
}

function headersOf(bringing: TusBringing | undefined): Record<string, string> {
  if (!bringing) return {};
  const { brought, meant } = bringing;
  const { bodyLength } = brought;
  return {
    'content-type': 'application/offset+octet-stream',
    ...(meant ? { trailer: 'upload-checksum' } : {}),
    ...(bodyLength === null
      ? { 'transfer-encoding': 'chunked' }
      : { 'content-length': String(bodyLength) }),
  };
}

function checksumOf(bytes: Buffer): string {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32(bytes, 0));
  return `crc32 ${value.toString('base64')}`;
}

function idOf({ headers }: TusAnswer): string {
  return headers.location!.slice('/files/'.length);
}
