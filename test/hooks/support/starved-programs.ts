// Runs programs while no descriptor is left, and again when there are some. Prints a line for each
// round with what came of every run, each outcome once.
import { closeSync, openSync } from 'node:fs';
import { createCommandTransport } from '../../../src/hooks/transport/command/command-transport.ts';
import { shellHook } from './hooks-of.ts';
import { messageOf } from './run-command.ts';

const system = { env: process.env, kill: process.kill.bind(process), print: () => {} };
const transport = createCommandTransport(shellHook('cat /dev/stdin > /dev/stdout'), system);

async function round(): Promise<void> {
  const outcomes = new Set<string>();
  const run = async () => {
    const { signal } = new AbortController();
    const attempt = await transport.send(messageOf(), { signal, wantsAnswer: true });
    if (!attempt.ok) outcomes.add(attempt.sentence);
    else outcomes.add(attempt.answer === messageOf().body ? 'complete' : 'incomplete');
  };
  await Promise.all(Array.from({ length: 8 }, run));
  console.log(JSON.stringify([...outcomes]));
}

const held: number[] = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
  // There are none left.
}
await round();
for (const descriptor of held) closeSync(descriptor);
await round();
