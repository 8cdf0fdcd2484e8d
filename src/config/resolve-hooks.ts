import { resolve } from 'node:path';
import type { CommandHookConfig, HookConfig, HttpHookConfig } from './config.ts';
import { readHeader } from './hook-headers.ts';
import { readHookSecret } from './hook-secret.ts';
import { fetchKeptText, type KeepingPlace, type KeptText } from './kept-text.ts';
import type { Reading } from './reading.ts';
import type { ParsedConfig } from './schema.ts';

type ParsedHook = ParsedConfig['hooks'][number];

/** What is wrong with a hook, and the path to it below `hooks`. */
export interface HookProblem {
  readonly path: readonly (string | number)[];
  readonly problem: string;
}

/**
 * Makes paths absolute and fetches secrets and header values from the files and variables that the
 * hooks name. Without `withSecrets` the hooks have neither, and nothing is read.
 */
export async function resolveHooks(
  hooks: readonly ParsedHook[],
  place: KeepingPlace,
  withSecrets: boolean,
): Promise<{ hooks: HookConfig[]; problems: HookProblem[] }> {
  const problems: HookProblem[] = [];
  const resolved: HookConfig[] = [];
  for (const [index, hook] of hooks.entries()) {
    if (hook.type === 'command') {
      resolved.push(commandHook(hook, place.folder));
      continue;
    }
    const fetch = async (
      kept: KeptText,
      path: (string | number)[],
      read: (input: string) => Reading<string>,
    ): Promise<string> => {
      const reading = await fetchKeptText(kept, place, read);
      if ('value' in reading) return reading.value;
      problems.push({ path: [index, ...path], problem: reading.problem });
      return '';
    };
    const secrets: string[] = [];
    const headers: Record<string, string> = {};
    if (withSecrets) {
      for (const [position, kept] of hook.secrets.entries()) {
        secrets.push(await fetch(kept, ['secrets', position], readHookSecret));
      }
      for (const [name, kept] of hook.headers) {
        headers[name] = await fetch(kept, ['headers', name], readHeader);
      }
    }
    resolved.push(httpHook(hook, secrets, headers));
  }
  return { hooks: resolved, problems };
}

/** The variables that hooks name as the place of a secret or a header. */
export function variablesOfHooks(hooks: readonly ParsedHook[]): Set<string> {
  const kept = hooks.flatMap((hook) =>
    hook.type === 'http' ? [...hook.secrets, ...hook.headers.values()] : [],
  );
  return new Set(
    kept.flatMap((item) => (typeof item === 'object' && 'env' in item ? [item.env] : [])),
  );
}

function commandHook(
  hook: Extract<ParsedHook, { type: 'command' }>,
  folder: string,
): CommandHookConfig {
  const { type, name, events, onError, args, timeout, maxAge } = hook;
  // As a shell does it: a name without a slash is looked for in PATH.
  const command = hook.command.includes('/') ? resolve(folder, hook.command) : hook.command;
  return { type, name, events, onError, command, args, timeoutMs: timeout, maxAgeMs: maxAge };
}

function httpHook(
  hook: Extract<ParsedHook, { type: 'http' }>,
  secrets: string[],
  headers: Record<string, string>,
): HttpHookConfig {
  const { type, name, events, onError, url, forwardHeaders, timeout, maxAge } = hook;
  return {
    type,
    name,
    events,
    onError,
    url,
    secrets,
    headers,
    forwardHeaders,
    timeoutMs: timeout,
    maxAgeMs: maxAge,
  };
}
