// A program of its own: npm run docs. Writes the manual page from the commands.
import { mkdirSync, writeFileSync } from 'node:fs';
import { commandTree } from './completion/command-tree.ts';
import { manPage } from './completion/man-page.ts';
import { MAN_TEXTS } from './completion/man-texts.ts';
import { processHost } from './process/process-io.ts';
import { wholeProgram } from './program.ts';

const io = { ...processHost(() => () => {}), setExitCode: () => {} };
const page = manPage(commandTree(await wholeProgram(io)), MAN_TEXTS);
const file = new URL('../../man/tusd-ts.1', import.meta.url);
mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, page);
