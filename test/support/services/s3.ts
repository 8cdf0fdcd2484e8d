import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { freePorts } from '../ports.ts';
import { ROOT } from '../script.ts';
import { needing } from '../tools.ts';
import { until } from '../until.ts';

/** A server that speaks S3, with one bucket. */
export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Of everything the server keeps and says. */
  readonly folder: string;
  /** The SDK's client for it. */
  readonly client: S3Client;
  stop(): Promise<void>;
}

interface Kind {
  readonly script: string;
  /** Ports that it needs beside its own. */
  readonly ports: number;
  readonly credentials: S3Server['credentials'];
  readonly settings?: readonly string[];
}

/** Programs that must be installed. */
export const NEEDS_RADOSGW = needing('radosgw');
export const NEEDS_SWIFT = needing('swift-proxy-server');

/** Ceph's S3 server. `settings`: lines of its configuration. */
export function startRadosgw(settings: readonly string[] = []): Promise<S3Server> {
  return start({
    script: 'ceph.sh',
    ports: 1,
    credentials: { accessKeyId: 'test-access', secretAccessKey: 'test-secret' },
    settings,
  });
}

/** OpenStack's S3 server. */
export function startSwift(): Promise<S3Server> {
  const credentials = { accessKeyId: 'test:tester', secretAccessKey: 'testing' };
  return start({ script: 'swift.sh', ports: 4, credentials });
}

/** Starts a server at the first call, for all tests of a file, and stops it after them. */
export function shared(begin: () => Promise<S3Server>): () => Promise<S3Server> {
  let server: Promise<S3Server> | undefined;
  after(async () => (await server?.catch(() => undefined))?.stop());
  return () => {
    server ??= begin();
    return server;
  };
}

async function start({ script, ports, credentials, settings = [] }: Kind): Promise<S3Server> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tusd-ts-s3-'));
  const free = await freePorts(ports + 1);
  const child = spawn(
    'bash',
    [join(ROOT, 'test', 'services', script), folder, ...free.map(String), ...settings],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let said = '';
  const closed = once(child, 'close');
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const stop = async () => {
    client?.destroy();
    // The script ends with all it has started when nobody holds its input any more.
    if (child.exitCode === null) {
      child.stdin.end();
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  let client: S3Client | undefined;
  try {
    const endpoint = await firstLine(child.stdout);
    if (!endpoint) {
      await closed;
      throw new Error(`the server did not start: ${said}`);
    }
    const region = 'us-east-1';
    const bucket = 'uploads';
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await createBucket(client, bucket);
    return { endpoint, region, bucket, credentials, folder, client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A server may answer before all its parts do. */
async function createBucket(client: S3Client, Bucket: string): Promise<void> {
  let why: unknown;
  const created = async () => {
    try {
      return (await client.send(new CreateBucketCommand({ Bucket }))) !== undefined;
    } catch (error) {
      why = error;
      return false;
    }
  };
  await until('the server makes a bucket', created, 60_000).catch((error) => {
    throw new Error(error.message, { cause: why });
  });
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string | undefined> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0];
}
