// For node's --import: the program starts when a line comes on stdin. What takes longest to load is
// there by then.
import { once } from 'node:events';
import 'better-sqlite3';

await once(process.stdin, 'data');
process.stdin.destroy();
