// Begins two requests that declare the length of their upload, one with a checksum, and prints the
// uploads' ids once the bytes are on disk. Is killed then.
import { append, begin, make, openStore, whole } from './stores.ts';

const store = await openStore({ after() {} }, { uploadDir: process.argv[2]! });
const ids: Record<string, string> = {};
for (const [name, more] of Object.entries({ plain: {}, checked: { whole: whole(true) } })) {
  const id = await make(store, null);
  await append(store, id, 0, '123');
  await begin(store, id, '4567', { length: 10, ...more });
  ids[name] = id;
}
console.log(JSON.stringify(ids));
setInterval(() => {}, 60_000);
