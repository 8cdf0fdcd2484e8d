import { openS3Bytes } from '../../../src/storage/bytes/s3/open-s3-bytes.ts';
import { NEEDS_RADOSGW, shared, startRadosgw } from '../../support/services/s3.ts';
import { bytesContract } from './contract.ts';

const radosgw = shared(() => startRadosgw(['rgw multipart min part size = 1']));

let stores = 0;

async function open(partSize?: number) {
  const { bucket, endpoint, credentials } = await radosgw();
  stores += 1;
  const prefix = `store${stores}/`;
  return openS3Bytes({
    ...{ bucket, endpoint, credentials, prefix, forcePathStyle: true },
    warn: (message) => console.log(message),
    ...(partSize === undefined ? {} : { partSize }),
  });
}

bytesContract('radosgw', () => open(), NEEDS_RADOSGW);
bytesContract('radosgw, in parts of 100,000 bytes', () => open(100_000), NEEDS_RADOSGW);
