import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestOptions, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { openBucket, openS3Bytes } from '../../../../src/storage/bytes/s3/open-s3-bytes.ts';
import { faultOf } from '../../../support/fault-of.ts';
import type { S3Server } from '../../../support/services/s3.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { collect } from '../../catalog/contract/subject.ts';
import { bytes, crcOf } from '../../support/content.ts';
import { OneUpload } from './one-upload.ts';
import { placeOf } from './place.ts';
import { sendAll } from './send-all.ts';

const run = promisify(execFile);

/** The policy of docs/scale-out.md, for a user and a prefix. */
function policyFor(bucket: string, user: string, prefix: string) {
  const Principal = { AWS: [`arn:aws:iam:::user/${user}`] };
  return {
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Allow', Principal, Resource: `arn:aws:s3:::${bucket}` },
        Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
      },
      {
        ...{ Effect: 'Allow', Principal, Resource: `arn:aws:s3:::${bucket}/${prefix}*` },
        Action: [
          's3:GetObject',
          's3:PutObject',
          's3:DeleteObject',
          's3:AbortMultipartUpload',
          's3:ListMultipartUploadParts',
        ],
      },
    ],
  };
}

async function newUser(server: S3Server, name: string) {
  const keys = [`--access-key=${name}-key`, `--secret-key=${name}-secret`];
  await administer(server, 'user', 'create', `--uid=${name}`, `--display-name=${name}`, ...keys);
  return { accessKeyId: `${name}-key`, secretAccessKey: `${name}-secret` };
}

async function administer(server: S3Server, ...args: string[]): Promise<void> {
  const env = { ...process.env, CEPH_CONF: join(server.folder, 'ceph.conf') };
  await run('radosgw-admin', args, { env });
}

/** Which permissions are needed, and what is said about a bucket that cannot be used. */
export function permissionTests(server: () => Promise<S3Server>, options: TestOptions): void {
  test('the documented permissions are enough, and are needed', options, async (t) => {
    const admin = await server();
    const credentials = await newUser(admin, `limited${process.pid}`);
    const limited = { ...admin, credentials, forcePathStyle: true };
    const place = placeOf(await openBucket(limited), temporaryFolder(t));
    t.after(() => place.objects.close());
    const policy = policyFor(admin.bucket, `limited${process.pid}`, place.prefix);
    await admin.client.send(
      new PutBucketPolicyCommand({ Bucket: admin.bucket, Policy: JSON.stringify(policy) }),
    );
    const store = place.open();
    await store.prepare();
    await store.probe();
    const upload = new OneUpload('a', bytes(1_530_000));
    await sendAll(upload, store, () => true);
    await upload.check(store);
    const joined = new OneUpload('b', Buffer.concat([upload.content, upload.content]));
    const writer = await joined.create(store);
    assert.equal(
      await writer.join([upload.record, upload.record], () => false),
      crcOf(joined.content),
    );
    await joined.finish(writer);
    await joined.check(store);
    assert.deepEqual((await collect(store.entries())).flat(), ['a', 'b']);
    assert.equal((await store.entry('a'))?.bytes, upload.content.length);
    for (const { record } of [upload, joined]) assert.equal(await store.remove(record), true);

    const elsewhere = await openS3Bytes({
      ...{ ...admin, credentials, prefix: 'elsewhere', forcePathStyle: true, warn: () => {} },
    });
    t.after(() => elsewhere.close());
    const fault = await faultOf(elsewhere.probe());
    assert.equal(fault.code, 'PERMISSION');
    assert.match(`${fault.message} ${fault.hint}`, /s3:PutObject/);
    assert.doesNotMatch(fault.publicMessage ?? '', /s3|bucket/i);
  });

  test('a bucket that cannot be used is described', options, async (t) => {
    const good = await server();
    const other = await newUser(good, `stranger${process.pid}`);
    const prepare = async (change: Partial<S3Server>) => {
      const bucket = { ...good, ...change, forcePathStyle: true };
      const place = placeOf(await openBucket(bucket), temporaryFolder(t));
      try {
        return await faultOf(place.open().prepare());
      } finally {
        place.objects.close();
      }
    };
    const missing = await prepare({ bucket: 'not-there' });
    assert.deepEqual([missing.code, missing.title], ['UNAVAILABLE', 'the bucket is not there']);
    const wrongKey = { accessKeyId: 'test-access', secretAccessKey: 'wrong' };
    const noKey = { accessKeyId: 'nobody', secretAccessKey: 'wrong' };
    for (const [credentials, hint] of [
      [other, /^Allow s3:ListBucket in the policy/],
      [wrongKey, /^Check the access key/],
      [noKey, /^Check the access key/],
    ] as const) {
      const refused = await prepare({ credentials });
      assert.equal(refused.code, 'PERMISSION');
      assert.match(refused.message, /S3 refuses s3:ListBucket/);
      assert.match(refused.hint ?? '', hint);
    }
    const nobody = await prepare({ endpoint: 'http://127.0.0.1:1' });
    assert.deepEqual([nobody.code, nobody.retryAfter], ['UNAVAILABLE', 5]);
    assert.match(nobody.message, /ECONNREFUSED/);
  });

  test('a bucket whose quota is used up takes no more bytes', options, async (t) => {
    const admin = await server();
    const uid = `--uid=small${process.pid}`;
    const credentials = await newUser(admin, `small${process.pid}`);
    await administer(admin, 'quota', 'set', '--quota-scope=user', uid, '--max-size=300000');
    await administer(admin, 'quota', 'enable', '--quota-scope=user', uid);
    const bucket = { ...admin, bucket: `small${process.pid}`, credentials, forcePathStyle: true };
    const client = new S3Client(bucket);
    t.after(() => client.destroy());
    await client.send(new CreateBucketCommand({ Bucket: bucket.bucket }));
    const place = placeOf(await openBucket(bucket), temporaryFolder(t));
    t.after(() => place.objects.close());
    for (const length of [90_000, 450_000]) {
      const upload = new OneUpload(`u${length}`, bytes(length));
      const writer = await upload.create(place.open());
      const finished = upload.send(writer, length).then(() => upload.finish(writer));
      if (length === 90_000) await finished;
      else assert.equal((await faultOf(finished)).code, 'NO_SPACE');
      writer.close();
    }
  });

  test('a finished object can be fetched by a URL', options, async (t) => {
    const bucket = { ...(await server()), forcePathStyle: true };
    const place = placeOf(await openBucket(bucket), temporaryFolder(t));
    t.after(() => place.objects.close());
    const store = place.open();
    const upload = new OneUpload('a', bytes(250_000));
    const writer = await upload.create(store);
    await upload.send(writer, 150_000);
    await upload.end(writer);
    assert.equal(await store.presign(upload.record, 60), undefined);
    await upload.send(writer, 250_000);
    await upload.finish(writer);
    const answer = {
      contentType: 'image/png',
      contentDisposition: 'attachment; filename="a b.png"',
    };
    const url = await store.presign(upload.record, 60, answer);
    const response = await fetch(url ?? '', { headers: { range: 'bytes=100-' } });
    assert.equal(response.status, 206);
    assert.equal(response.headers.get('content-type'), answer.contentType);
    assert.equal(response.headers.get('content-disposition'), answer.contentDisposition);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(upload.content.subarray(100)));
  });
}
