import type { CommandHook, HttpHook } from '../../../src/config/hooks/hook-schema.ts';

/** A hook with what every hook has, and what the test wants otherwise. */
export function httpHook(url: string, more: Partial<HttpHook> = {}): HttpHook {
  return {
    type: 'http',
    name: 'app',
    events: ['post-finish'],
    timeoutMs: 5_000,
    onError: 'reject',
    maxAgeMs: 86_400_000,
    url,
    secrets: [],
    headers: {},
    forwardHeaders: [],
    ...more,
  };
}

/** A command that is a few lines of JavaScript. */
export function scriptHook(code: string, more: Partial<CommandHook> = {}): CommandHook {
  return {
    type: 'command',
    name: 'script',
    events: ['post-finish'],
    timeoutMs: 10_000,
    onError: 'reject',
    maxAgeMs: 86_400_000,
    command: process.execPath,
    args: ['-e', code],
    ...more,
  };
}

/** A command that is a shell script. */
export function shellHook(script: string, more: Partial<CommandHook> = {}): CommandHook {
  return scriptHook('', { command: 'sh', args: ['-c', script], ...more });
}
