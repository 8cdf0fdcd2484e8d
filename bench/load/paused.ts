import { Connection } from './connection.ts';
import type { JobResult, PauseJob } from './job.ts';
import { append } from './requests.ts';
import { Stopwatch } from './stopwatch.ts';

const held: Connection[] = [];

/** Opens them a few at a time: the listen queue of a server is short. */
const AT_ONCE = 16;

export async function holdPaused({ urls, length, sent }: PauseJob): Promise<JobResult> {
  const watch = new Stopwatch();
  const waiting = urls.map((url) => new URL(url));
  const open = async () => {
    for (let url = waiting.pop(); url; url = waiting.pop()) {
      const connection = await Connection.open(url);
      held.push(connection);
      await watch.time(connection.begin(append(url, 0, length), sent), sent);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  return watch.result();
}

/** Closes the connections of the paused uploads. Throws when the server had not kept all of them. */
export async function releasePaused(): Promise<JobResult> {
  const watch = new Stopwatch();
  const connections = held.splice(0);
  const lost = connections.filter((connection) => !connection.isOpen).length;
  for (const connection of connections) connection.destroy();
  if (lost > 0) throw new Error(`the server ended ${lost} of ${connections.length} paused uploads`);
  return watch.result();
}
