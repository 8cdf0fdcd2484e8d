import { messageOf } from '../src/fault.ts';
import { describeMachine } from './machine.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { type Report, renderHead, renderWork } from './report.ts';
import { runSession } from './session.ts';

const args = process.argv.slice(2);

function readOptions(): Options | null {
  try {
    return parseOptions(args);
  } catch (error) {
    console.error(`bench: ${messageOf(error)}`);
    process.exit(64);
  }
}

/** On a terminal alone: a log file would fill with it. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function main(options: Options): Promise<void> {
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  const head = { machine: describeMachine(options.directory), command };
  if (!options.json) console.log(`${renderHead(head)}\n`);
  const works = await runSession(options, {
    progress: showProgress,
    onWork: (work) => {
      showProgress('');
      if (!options.json) console.log(`${renderWork(work)}\n`);
    },
  });
  if (options.json) console.log(JSON.stringify({ ...head, works } satisfies Report, null, 2));
  if (works.some(({ rows }) => rows.some(({ error }) => error !== undefined))) process.exitCode = 1;
}

// What was started and written is cleaned up as the process exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const options = readOptions();
if (options === null) console.log(HELP);
else {
  main(options).catch((error: unknown) => {
    console.error(`bench: ${messageOf(error)}`);
    process.exit(1);
  });
}
