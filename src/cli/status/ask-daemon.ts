import { request } from 'node:http';
import type { Status } from '../../admin/status.ts';
import type { AdminAddress } from '../../config/values/admin-address.ts';
import { errnoOf, Fault, messageOf } from '../../fault.ts';

/** How long the daemon may take to answer (milliseconds). */
const PATIENCE = 10_000;
/** More than any answer has (bytes). */
const LONGEST = 4 * 1024 * 1024;

/** Asks a running daemon at its admin listener. Throws NO_DAEMON or PERMISSION. */
export async function askDaemon(address: AdminAddress): Promise<Status> {
  const where = 'path' in address ? `unix:${address.path}` : hostAndPort(address);
  let answer: { readonly status: number; readonly body: string };
  try {
    answer = await get(address);
  } catch (error) {
    throw unreachable(error, where);
  }
  const status = answer.status === 200 ? parse(answer.body) : undefined;
  if (status) return status;
  throw new Fault('NO_DAEMON', `what answers at ${where} is not tusd-ts`, {
    hint: 'Is adminListen the address that the daemon was started with?',
  });
}

function hostAndPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function get(address: AdminAddress): Promise<{ status: number; body: string }> {
  const target = 'path' in address ? { socketPath: address.path } : address;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE);
    const asking = request({ ...target, path: '/status', agent: false, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        if (body.length > LONGEST) asking.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asking.on('error', reject);
    asking.end();
  });
}

function parse(body: string): Status | undefined {
  try {
    const answer = JSON.parse(body);
    return typeof answer?.version === 'string' && answer.uploads ? answer : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(error: unknown, where: string): Fault {
  const errno = errnoOf(error);
  if (errno === 'EACCES' || errno === 'EPERM') {
    return new Fault('PERMISSION', `not permitted to ask the daemon at ${where}`, {
      hint: 'Run this command as root, or as the user of the daemon.',
      cause: error,
    });
  }
  const none = errno === 'ECONNREFUSED' || errno === 'ENOENT';
  const what = none
    ? `no daemon answers at ${where}`
    : `the daemon at ${where} does not answer: ${messageOf(error)}`;
  return new Fault('NO_DAEMON', what, {
    hint: 'Does it run, and was it started with this adminListen? The other commands work without it.',
    cause: error,
  });
}
