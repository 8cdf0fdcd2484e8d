import { request } from 'node:http';
import type { TestContext } from 'node:test';
import { type Daemon, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Asks an admin listener: a URL, or "unix:" and a path. */
export function askAt(address: string, path: string, method = 'GET'): Promise<Asked> {
  const target = address.startsWith('unix:')
    ? { socketPath: address.slice('unix:'.length), path }
    : { ...urlParts(address), path };
  return new Promise((resolve, reject) => {
    request({ ...target, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

function urlParts(url: string) {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}

export interface Watched extends Daemon {
  readonly folder: string;
  /** Of the admin listener. */
  readonly admin: string;
  ask(path: string, method?: string): Promise<Asked>;
}

/** A daemon with an admin listener on a port of this machine. */
export async function startWatched(
  test: TestContext,
  args: readonly string[] = [],
  folder = temporaryFolder(test),
): Promise<Watched> {
  const all = ['--upload-dir', folder, '--admin-listen', '127.0.0.1:0', '--log-format', 'json'];
  const daemon = await startDaemon(test, [...all, ...args], { cwd: folder });
  const [, admin = ''] = /"admin":"([^"]+)"/.exec(daemon.output()) ?? [];
  return { ...daemon, folder, admin, ask: (path, method) => askAt(admin, path, method) };
}

/** The value of a metric with these labels; undefined when there is none. */
export function sampleOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** Uploads bytes with one request; returns the status. */
export async function uploadTo(
  url: string,
  size: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(size),
      'Content-Type': 'application/offset+octet-stream',
      ...headers,
    },
    body: new Uint8Array(size),
  });
}
