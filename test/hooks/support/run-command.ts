import assert from 'node:assert/strict';
import type { CommandHook } from '../../../src/config/hooks/hook-schema.ts';
import type { Payload } from '../../../src/hooks/payload.ts';
import type { Attempt, Message, SendOptions } from '../../../src/hooks/transport/attempt.ts';
import { createCommandTransport } from '../../../src/hooks/transport/command/command-transport.ts';

export interface Run {
  readonly attempt: Attempt;
  readonly printed: string[];
}

/** A post-finish event about an upload with these properties, caused by such a request. */
export function messageOf(
  upload: Partial<Payload['Event']['Upload']> = {},
  request: Partial<Payload['Event']['HTTPRequest']> = {},
): Message {
  const payload = {
    Type: 'post-finish',
    ID: 'evt_1',
    Event: {
      Upload: {
        ID: 'k3v9',
        Size: 5,
        Offset: 5,
        MetaData: { filename: 'holiday.mov' },
        Storage: { Type: 'filestore', Path: '/srv/uploads/tus/k3v9' },
        ...upload,
      },
      HTTPRequest: { Method: 'PATCH', URI: '/', RemoteAddr: '', Header: {}, ...request },
    },
  } as unknown as Payload;
  return {
    event: 'post-finish',
    eventId: 'evt_1',
    body: JSON.stringify(payload),
    payload: () => payload,
  };
}

/** Runs the program of a hook once. */
export async function runCommand(
  hook: CommandHook,
  options: Partial<SendOptions> = {},
  message = messageOf(),
  env: Record<string, string | undefined> = process.env,
  folders?: readonly string[],
): Promise<Run> {
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  const system = { env, kill: process.kill.bind(process), print };
  const transport = createCommandTransport(hook, system, folders);
  const signal = new AbortController().signal;
  const attempt = await transport.send(message, { signal, wantsAnswer: true, ...options });
  return { attempt, printed };
}

/** Why it failed. */
export function sentenceOf({ attempt }: Run): string {
  assert.ok(!attempt.ok, 'it succeeded');
  return attempt.sentence;
}
