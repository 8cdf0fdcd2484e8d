import type { Readable } from 'node:stream';
import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import type { PresignedAnswer } from '../../bytes.ts';
import {
  type Body,
  type ListOptions,
  type MultipartInfo,
  type ObjectInfo,
  type ObjectStore,
  ObjectStoreError,
  type Page,
  type PartInfo,
  type Source,
} from '../calls/object-store.ts';
import { storeError } from './sdk-errors.ts';
import { sentBody } from './sent-body.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

/** Smaller bodies are sent from memory (bytes). */
const SMALL = 64 * 1024;

/** One bucket, through the SDK of AWS. */
export class SdkObjectStore implements ObjectStore {
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(sdk: Sdk, client: S3Client, bucket: string) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(key: string, body: Body, signal: AbortSignal): Promise<string> {
    const command = new this.#sdk.PutObjectCommand({ ...this.#at(key), ...(await sent(body)) });
    signHash(command, body);
    return (await this.#send(command, signal)).ETag ?? '';
  }

  async get({ key, from, to }: Source, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const Range = `bytes=${from}-${to - 1}`;
    const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), Range });
    const answer = await this.#send(command, signal);
    return bytesOf(answer.Body as Readable, signal);
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo | null> {
    try {
      const command = new this.#sdk.HeadObjectCommand(this.#at(key));
      const answer = await this.#send(command, signal);
      return {
        key,
        size: answer.ContentLength ?? 0,
        etag: answer.ETag ?? '',
        modifiedAt: answer.LastModified?.getTime() ?? 0,
      };
    } catch (error) {
      const { status } = storeError(error);
      if (status === 404) return null;
      throw error;
    }
  }

  async delete(key: string, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.DeleteObjectCommand(this.#at(key));
    await this.#send(command, signal);
  }

  async listObjects(
    Prefix: string,
    { after }: ListOptions,
    signal: AbortSignal,
  ): Promise<Page<ObjectInfo>> {
    const page = { Bucket: this.#bucket, Prefix, ContinuationToken: after };
    const command = new this.#sdk.ListObjectsV2Command(page);
    const answer = await this.#send(command, signal);
    const items = (answer.Contents ?? []).map(
      ({ Key = '', Size = 0, ETag = '', LastModified }) => ({
        key: Key,
        size: Size,
        etag: ETag,
        modifiedAt: LastModified?.getTime() ?? 0,
      }),
    );
    return { items, next: answer.IsTruncated ? answer.NextContinuationToken : undefined };
  }

  async listFolders(
    Prefix: string,
    { after }: ListOptions,
    signal: AbortSignal,
  ): Promise<Page<string>> {
    const page = { Bucket: this.#bucket, Prefix, ContinuationToken: after, Delimiter: '/' };
    const command = new this.#sdk.ListObjectsV2Command(page);
    const answer = await this.#send(command, signal);
    const items = (answer.CommonPrefixes ?? []).map((one) => one.Prefix ?? '');
    return { items, next: answer.IsTruncated ? answer.NextContinuationToken : undefined };
  }

  async createMultipart(key: string, signal: AbortSignal): Promise<string> {
    const command = new this.#sdk.CreateMultipartUploadCommand(this.#at(key));
    const answer = await this.#send(command, signal);
    return answer.UploadId ?? '';
  }

  async uploadPart(
    key: string,
    UploadId: string,
    PartNumber: number,
    body: Body,
    signal: AbortSignal,
  ): Promise<string> {
    const part = { ...this.#at(key), UploadId, PartNumber, ...(await sent(body)) };
    const command = new this.#sdk.UploadPartCommand(part);
    signHash(command, body);
    return (await this.#send(command, signal)).ETag ?? '';
  }

  async copyPart(
    key: string,
    UploadId: string,
    PartNumber: number,
    source: Source,
    signal: AbortSignal,
  ): Promise<string> {
    const command = new this.#sdk.UploadPartCopyCommand({
      ...{ ...this.#at(key), UploadId, PartNumber },
      CopySource: `${this.#bucket}/${source.key.split('/').map(encodeURIComponent).join('/')}`,
      CopySourceRange: `bytes=${source.from}-${source.to - 1}`,
    });
    const answer = await this.#send(command, signal);
    return answer.CopyPartResult?.ETag ?? '';
  }

  async listParts(
    key: string,
    UploadId: string,
    { after }: ListOptions,
    signal: AbortSignal,
  ): Promise<Page<PartInfo>> {
    const page = { ...this.#at(key), UploadId, PartNumberMarker: after };
    const command = new this.#sdk.ListPartsCommand(page);
    const answer = await this.#send(command, signal);
    const items = (answer.Parts ?? []).map(({ PartNumber = 0, Size = 0, ETag = '' }) => ({
      number: PartNumber,
      size: Size,
      etag: ETag,
    }));
    return { items, next: answer.IsTruncated ? answer.NextPartNumberMarker : undefined };
  }

  async complete(
    key: string,
    UploadId: string,
    parts: readonly Pick<PartInfo, 'number' | 'etag'>[],
    signal: AbortSignal,
  ): Promise<void> {
    const command = new this.#sdk.CompleteMultipartUploadCommand({
      ...{ ...this.#at(key), UploadId },
      MultipartUpload: {
        Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
      },
    });
    await this.#send(command, signal);
  }

  async abort(key: string, UploadId: string, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.AbortMultipartUploadCommand({ ...this.#at(key), UploadId });
    await this.#send(command, signal);
  }

  async listMultiparts(
    Prefix: string,
    { after }: ListOptions,
    signal: AbortSignal,
  ): Promise<Page<MultipartInfo>> {
    // Two markers, of which neither has a line break.
    const [KeyMarker, UploadIdMarker] = after?.split('\n') ?? [];
    // Some servers give none for the id.
    const page = {
      Bucket: this.#bucket,
      Prefix,
      KeyMarker,
      UploadIdMarker: UploadIdMarker || undefined,
    };
    const command = new this.#sdk.ListMultipartUploadsCommand(page);
    const answer = await this.#send(command, signal);
    const { Uploads = [], IsTruncated, NextKeyMarker = '', NextUploadIdMarker = '' } = answer;
    const items = Uploads.map(({ Key = '', UploadId = '', Initiated }) => ({
      key: Key,
      id: UploadId,
      startedAt: Initiated?.getTime() ?? 0,
    }));
    return { items, next: IsTruncated ? `${NextKeyMarker}\n${NextUploadIdMarker}` : undefined };
  }

  /** Answers to HEAD do not say why; a list does. */
  async checkBucket(signal: AbortSignal): Promise<void> {
    const Bucket = this.#bucket;
    try {
      await this.#send(new this.#sdk.HeadBucketCommand({ Bucket }), signal);
    } catch (error) {
      const { status = 0, message } = storeError(error);
      if (status === 404) throw new ObjectStoreError('NoSuchBucket', message, 404);
      if (status < 300 || status >= 500) throw error;
      await this.#send(new this.#sdk.ListObjectsV2Command({ Bucket, MaxKeys: 1 }), signal);
    }
  }

  async presign(key: string, seconds: number, answer: PresignedAnswer): Promise<string> {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
    const { contentType, contentDisposition } = answer;
    const command = new this.#sdk.GetObjectCommand({
      ...this.#at(key),
      ResponseContentType: contentType,
      ResponseContentDisposition: contentDisposition,
    });
    return getSignedUrl(this.#client, command, { expiresIn: seconds });
  }

  close(): void {
    this.#client.destroy();
  }

  #at(Key: string) {
    return { Bucket: this.#bucket, Key };
  }

  async #send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: $Command<I, O, S3ClientResolvedConfig>,
    abortSignal: AbortSignal,
  ): Promise<O> {
    try {
      return await this.#client.send(command, { abortSignal });
    } catch (error) {
      throw storeError(error);
    }
  }
}

async function sent(body: Body) {
  const ContentLength = body.size;
  if (body.size > SMALL) return { ContentLength, Body: sentBody(body) };
  const blocks: Uint8Array[] = [];
  for await (const block of body.bytes()) blocks.push(block);
  return { ContentLength, Body: Buffer.concat(blocks) };
}

/** What is needed of the SDK's list of steps that a request takes. */
interface Steps {
  add(
    step: (next: Handler) => Handler,
    at: { readonly step: 'build'; readonly name: string },
  ): void;
}
type Handler = (args: {
  readonly request: { readonly headers: Record<string, string> };
}) => unknown;

/** The signature covers the hash that the caller has computed: the SDK cannot read a stream twice. */
function signHash(
  { middlewareStack }: { readonly middlewareStack: object },
  { sha256 }: Body,
): void {
  (middlewareStack as Steps).add(
    (next) => (args) => {
      args.request.headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'signHash' },
  );
}

/** The bytes of an answer; the connection is closed when the reader stops early. */
async function* bytesOf(body: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const destroy = () => body.destroy();
  signal.addEventListener('abort', destroy);
  try {
    for await (const block of body) yield block;
  } catch (error) {
    throw storeError(error);
  } finally {
    signal.removeEventListener('abort', destroy);
    body.destroy();
  }
}
