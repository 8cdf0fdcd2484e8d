import { tmpdir } from 'node:os';
import { S3Bytes } from '../../../../src/storage/bytes/s3/s3-bytes.ts';
import { LONG } from '../../../faults/support/effort.ts';
import { MemoryObjects } from '../../support/memory-objects.ts';
import { bytesContract } from '../contract.ts';
import { s3Promises } from './promises.ts';

const open = async (partSize?: number) =>
  new S3Bytes(new MemoryObjects(), {
    name: 's3://memory',
    prefix: 'uploads/',
    spoolDir: tmpdir(),
    warn: (message) => console.log(message),
    ...(partSize === undefined ? {} : { partSize }),
  });

bytesContract('a bucket in memory', () => open());
bytesContract('a bucket in memory, in parts of 100,000 bytes', () => open(100_000));
s3Promises('a bucket in memory', async () => new MemoryObjects(), { step: LONG ? 1 : 6 });
