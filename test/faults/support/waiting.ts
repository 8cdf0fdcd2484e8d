// For node's --import: a program that is loaded already starts at once when a line comes on stdin.
import { once } from 'node:events';
import '../../../src/cli/run.ts';

await once(process.stdin, 'data');
process.stdin.destroy();
