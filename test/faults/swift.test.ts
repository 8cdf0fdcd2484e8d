import { openBucket, openS3Bytes } from '../../src/storage/bytes/s3/open-s3-bytes.ts';
import { bytesContract } from '../storage/bytes/contract.ts';
import { s3Promises } from '../storage/bytes/s3/promises.ts';
import { NEEDS_SWIFT, shared, startSwift } from '../support/services/s3.ts';

// A second opinion on what S3 is, which takes its time.
const options =
  process.env.TUSD_TS_FAULTS === 'long' ? NEEDS_SWIFT : { skip: 'runs with --faults only' };

const swift = shared(() => startSwift());

let stores = 0;

async function open(partSize?: number) {
  const server = await swift();
  stores += 1;
  return openS3Bytes({
    ...{ ...server, prefix: `store${stores}`, forcePathStyle: true, partSize },
    warn: (message) => console.log(message),
  });
}

bytesContract('Swift', () => open(), options);
bytesContract('Swift, in parts of 100,000 bytes', () => open(100_000), options);
s3Promises('Swift', async () => openBucket({ ...(await swift()), forcePathStyle: true }), {
  ...options,
  step: 10,
});
