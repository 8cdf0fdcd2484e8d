// Takes the serving lock of a file, says so and keeps it; or says why it could not.
import { Fault } from '../../../src/fault.ts';
import { ServingLock } from '../../../src/storage/catalog/sqlite/file/serving-lock.ts';

try {
  ServingLock.take(process.argv[2]!);
  console.log('taken');
  setInterval(() => {}, 1000);
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.log(error.code);
}
