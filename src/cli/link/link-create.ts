import { Command } from 'commander';
import { hashPassword } from '../../access/links/link-password.ts';
import { hashOfToken, newLinkToken } from '../../access/links/link-token.ts';
import type { Config } from '../../config/config.ts';
import { parseDuration } from '../../config/values/duration.ts';
import { readSize } from '../../config/values/size.ts';
import { Fault } from '../../fault.ts';
import type { UploadLink } from '../../storage/model/link.ts';
import { formatJson } from '../../terminal/json.ts';
import { sanitize } from '../../text/sanitize.ts';
import { helpText } from '../output/help-text.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { readNewSecret } from '../process/read-secret.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { linkJson, takesText } from './link-view.ts';

interface CreateOptions extends Readonly<Record<string, unknown>> {
  readonly name?: string;
  readonly maxSize?: string;
  readonly uploads?: string;
  readonly expires?: string;
  readonly password?: boolean;
  readonly json?: boolean;
}

const LONGEST_NAME = 200;
const SHORTEST_PASSWORD = 4;

const HELP = helpText({
  notes: [
    `The token is printed once: only its hash is stored. With a password, clients log in with Basic: the
token is the user name. What was uploaded belongs to the link: \`tusd-ts list --owner link:ID\`.`,
  ],
  examples: [
    ['tusd-ts link create --name "holiday footage" --max-size 20GiB --uploads 5 --expires 7d', ''],
    ['tusd-ts link create --name scans --password < password.txt', 'a password from a file'],
    ['tusd-ts link create --name scans --json | jq -r .token', 'the token for a program'],
  ],
});

/** `tusd-ts link create` */
export function linkCreateCommand(io: Io): Command {
  const command = new Command('create').description('Make a link, and print its URL and token');
  addStorageOptions(command, { retention: false });
  return command
    .option('--name <text>', 'what it is for, as `link list` shows it')
    .option('--max-size <size>', 'the largest upload, such as 20GiB (default: no limit of its own)')
    .option('--uploads <n>', 'how many uploads it takes in all (default: any number)')
    .option('--expires <duration>', 'when it ends, such as 7d or 12h, or "never"', '7d')
    .option('--password', 'ask for a password (unseen), or take the first line of standard input')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options: CreateOptions) => create(io, options));
}

async function create(io: Io, options: CreateOptions): Promise<void> {
  const now = io.now();
  const { id, token } = newLinkToken();
  const draft = {
    id,
    name: readName(options.name ?? ''),
    hash: hashOfToken(token),
    createdAt: now,
    expiresAt: options.expires === 'never' ? null : now + readSpan(options.expires ?? ''),
    maxSize: options.maxSize === undefined ? null : readMaxSize(options.maxSize),
    maxUploads: options.uploads === undefined ? null : readUploads(options.uploads),
    uploads: 0,
    lastUsedAt: null,
    revokedAt: null,
  };
  const given = options.password ? await readPassword(io) : null;
  const link: UploadLink = {
    ...draft,
    password: given === null ? null : await hashPassword(given),
  };
  // --max-size is that of the link and not the key of the configuration.
  const { config: configPath, uploadDir } = options;
  const storage = {
    ...(configPath === undefined ? {} : { config: configPath }),
    ...(uploadDir === undefined ? {} : { uploadDir }),
  };
  const url = await withStore(io, storage, async ({ store, config }) => {
    await store.createLink(link);
    if (config.auth === null) await warnOpen(io);
    return urlOf(config);
  });
  if (options.json) {
    return io.stdout.write(`${formatJson({ ...linkJson(link, now), url, token }, 2)}\n`);
  }
  const lines = [
    `url    ${url}`,
    `token  ${token}`,
    `takes  ${takesText(link, now, io.timeZone)}`,
    '',
    `Only a hash of the token is kept: it cannot be shown again. To end it: tusd-ts link revoke ${id}`,
  ];
  await textOutput(io, io.stdout).write(`${lines.map((line) => sanitize(line)).join('\n')}\n`);
}

function urlOf({ publicUrl, host, port, basePath }: Config): string {
  const shown = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host;
  return publicUrl ?? `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}${basePath}`;
}

function warnOpen(io: Io): Promise<void> {
  const sentence =
    'the configuration has no auth: everyone may upload, also without this link (see docs/access.md)';
  return io.stderr.write(`tusd-ts: ${sentence}\n`);
}

function readName(text: string): string {
  if (text.length <= LONGEST_NAME) return text;
  throw new Fault('USAGE', `--name is longer than ${LONGEST_NAME} characters`);
}

function readSpan(text: string): number {
  const span = parseDuration(text);
  if (span > 0) return span;
  throw new Fault('USAGE', '--expires must be above 0, or "never"');
}

function readMaxSize(text: string): number {
  const reading = readSize(text);
  if ('problem' in reading) throw new Fault('USAGE', `--max-size: ${reading.problem}`);
  if (reading.value > 0) return reading.value;
  throw new Fault('USAGE', '--max-size must be above 0');
}

function readUploads(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw new Fault('USAGE', `--uploads is ${JSON.stringify(text)}: it must be a number from 1`);
}

async function readPassword(io: Io): Promise<string> {
  const password = await readNewSecret(io, 'Password: ');
  if (password === undefined) throw new Fault('USAGE', 'the two passwords differ');
  if (password !== null && password.length >= SHORTEST_PASSWORD) return password;
  throw new Fault('USAGE', `the password must have at least ${SHORTEST_PASSWORD} characters`);
}
