// Serves a directory as a daemon does and prints the id of an upload in it. With "leave" it does
// nothing more, and nothing should keep it.
import { UploadStore } from '../../../src/storage/store.ts';
import { make } from './stores.ts';

const [uploadDir, mode] = process.argv.slice(2);
const store = await UploadStore.open({ uploadDir: uploadDir!, role: 'daemon' });
console.log(await make(store, 3));
if (mode !== 'leave') setInterval(() => {}, 1000);
