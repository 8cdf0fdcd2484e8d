// A program of its own: npm run docs. Writes the manual page from the commands.
import { mkdirSync, writeFileSync } from 'node:fs';
import { commandTree } from './completion/command-tree.ts';
import { manPage } from './completion/man-page.ts';
import { MAN_TEXTS } from './completion/man-texts.ts';
import { processHost } from './process/process-io.ts';
import { wholeProgram } from './program.ts';

const io = { ...processHost(() => () => {}), setExitCode: () => {} };
const page = manPage(commandTree(await wholeProgram(io)), MAN_TEXTS);
const folder = new URL('../../man', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('tusd-ts.1', folder), page);
