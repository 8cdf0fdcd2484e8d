// Clients of the daemon at the URL that is given, until its input ends: each request on a connection of its own,
// and uploads that are resumed when a request fails. Prints what became of them as JSON.
import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { uploadAll } from '../../support/tus-client.ts';

const [url = ''] = process.argv.slice(2);
const outcomes: Record<string, number> = {};
let running = true;
process.stdin.resume().once('end', () => {
  running = false;
});

/** A status, or the error's code. */
function ask(): Promise<string> {
  return new Promise((resolve) => {
    const failed = ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error');
    request(url, { method: 'OPTIONS', agent: new Agent() }, (response) => {
      response.resume();
      response.once('end', () => resolve(String(response.statusCode)));
      response.once('error', failed);
    })
      .once('error', failed)
      .end();
  });
}

async function askOn(): Promise<void> {
  do {
    const outcome = await ask();
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  } while (running);
}

/** Uploads again and again; resolves with the number of uploads, or throws when one is not what was sent. */
async function uploadOn(): Promise<number> {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  let count = 0;
  do {
    const bytes = randomBytes(3_000_000);
    const retryDelays = Array.from({ length: 60 }, () => 200);
    const made = await uploadAll(bytes, { endpoint: url, chunkSize: 500_000, retryDelays });
    const kept = new Uint8Array(await (await patiently(made)).arrayBuffer());
    if (digest(kept) !== digest(bytes)) throw new Error(`${made} is not what was sent`);
    count += 1;
  } while (running);
  return count;
}

/** fetch, again after a moment when the daemon is just ending. */
async function patiently(address: string): Promise<Response> {
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(address, { headers: { Connection: 'close' } }).catch(() => null);
    if (answer?.ok) return answer;
    if (tries === 60) throw new Error(`${address}: ${answer?.status ?? 'no answer'}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const [uploads] = await Promise.all([uploadOn(), ...Array.from({ length: 6 }, askOn)]);
process.stdout.write(JSON.stringify({ outcomes, uploads }));
