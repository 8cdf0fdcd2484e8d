import { openS3Bytes } from './src/storage/bytes/s3/open-s3-bytes.ts';
import { draftRecord } from './test/storage/support/records.ts';
import { crc32 } from './src/storage/model/crc32.ts';
import { S3Client, CreateBucketCommand, CreateMultipartUploadCommand, UploadPartCommand, CompleteMultipartUploadCommand } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
const endpoint = process.env.DEV_RGW!;
const credentials = { accessKeyId: 'test-access', secretAccessKey: 'test-secret' };
const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' });
const bucket = 'bench' + process.pid;
await client.send(new CreateBucketCommand({ Bucket: bucket }));
const MIB = 1024 * 1024;
const data = randomBytes(16 * MIB);
const P = Number(process.env.P ?? 8) * MIB;
async function direct(key: string, length: number, at = 4) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }));
  const count = length / P; let next = 1; const Parts: any[] = [];
  await Promise.all(Array.from({ length: at }, async () => {
    while (next <= count) { const PartNumber = next++;
      const { ETag } = await client.send(new UploadPartCommand({ Bucket: bucket, Key: key, UploadId, PartNumber, Body: data.subarray(0, P) }));
      Parts[PartNumber - 1] = { PartNumber, ETag }; }
  }));
  await client.send(new CompleteMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId, MultipartUpload: { Parts } }));
}
const store = await openS3Bytes({ bucket, endpoint, credentials, forcePathStyle: true, prefix: 'x/', partSize: P, warn: console.log, ...(process.env.MEM ? { memory: Number(process.env.MEM) * MIB } : {}) });
async function ours(id: string, length: number) {
  const w = await store.create({ ...draftRecord({ id, length }) }, async () => {});
  let crc = 0, pos = 0; const CH = 256 * 1024;
  while (pos < length) {
    const chunk = data.subarray(pos % data.length, pos % data.length + CH);
    crc = crc32(chunk, crc);
    let rest = chunk;
    while (rest.length) { const n: number = await new Promise((res, rej) => w.write([rest], pos, (e, n) => e ? rej(e) : res(n))); rest = rest.subarray(n); pos += n; }
  }
  await w.seal('power', { length, crc32: crc }); w.close();
  await store.remove({ id, layout: w.layout });
}
const time = async (name: string, f: () => Promise<unknown>) => { const c = process.cpuUsage(); const t = performance.now(); await f(); const s = (performance.now() - t) / 1000; const u = process.cpuUsage(c); console.log(name, (1024 / s).toFixed(0), 'MiB/s', 'cpu', ((u.user + u.system) / 1e6).toFixed(2), 's of', s.toFixed(2)); };
const G = 1024 * MIB;
await ours('warm', 64 * MIB); await direct('warm', 64 * MIB);
for (let i = 0; i < 3; i++) {
  await time('direct 1', () => direct('d' + i, G));
  await time('ours 1  ', () => ours('o' + i, G));
  await time('direct 4', () => Promise.all([0, 1, 2, 3].map((k) => direct(`d${i}${k}`, G / 4))));
  await time('ours 4  ', () => Promise.all([0, 1, 2, 3].map((k) => ours(`o${i}${k}`, G / 4))));
}
console.log('rss', (process.memoryUsage().rss / MIB).toFixed(0), 'peak', (process.resourceUsage().maxRSS / 1024).toFixed(0));
store.close();
