import { openBucket, openS3Bytes } from '../../../../src/storage/bytes/s3/open-s3-bytes.ts';
import { NEEDS_RADOSGW, shared, startRadosgw } from '../../../support/services/s3.ts';
import { bytesContract } from '../contract.ts';
import { permissionTests } from './permissions.ts';
import { s3Promises } from './promises.ts';

const radosgw = shared(() => startRadosgw(['rgw multipart min part size = 1']));

let stores = 0;

async function open(partSize?: number) {
  const server = await radosgw();
  stores += 1;
  return openS3Bytes({
    ...{ ...server, prefix: `store${stores}`, forcePathStyle: true, partSize },
    warn: (message) => console.log(message),
  });
}

bytesContract('radosgw', () => open(), NEEDS_RADOSGW);
bytesContract('radosgw, in parts of 100,000 bytes', () => open(100_000), NEEDS_RADOSGW);
s3Promises('radosgw', async () => openBucket({ ...(await radosgw()), forcePathStyle: true }), {
  ...NEEDS_RADOSGW,
  step: 20,
});
permissionTests(radosgw, NEEDS_RADOSGW);
