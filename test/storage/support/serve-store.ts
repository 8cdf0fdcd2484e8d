// Serves a directory as a daemon does and prints the id of an upload in it. With "leave" it does
// nothing more, and nothing should keep it.
import { openStore as openDaemonStore } from '../../../src/storage/store.ts';
import { make } from './stores.ts';

const [uploadDir, mode] = process.argv.slice(2);
const store = await openDaemonStore({ uploadDir: uploadDir! });
console.log(await make(store, 3));
if (mode !== 'leave') setInterval(() => {}, 1000);
