import { resolve } from 'node:path';
import { readHeader } from './hooks/hook-headers.ts';
import type { CommandHook, Hook, HttpHook, ParsedHook } from './hooks/hook-schema.ts';
import { readHookSecret } from './hooks/hook-secret.ts';
import type { Place, Resolved, ValueProblem } from './key.ts';
import { fetchKeptText, type KeptText, variablesIn } from './values/kept-text.ts';
import type { Reading } from './values/reading.ts';

/**
 * Makes paths absolute and loads secrets and header values from the files and variables that the
 * hooks refer to. Without `withSecrets` both are omitted and nothing is read.
 */
export async function resolveHooks(
  hooks: readonly ParsedHook[],
  { folder, env, withSecrets }: Place,
): Promise<Resolved<readonly Hook[]>> {
  const place = { folder: folder ?? '/', env };
  const problems: ValueProblem[] = [];
  const resolved: Hook[] = [];
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
    if (withSecrets !== false) {
      for (const [position, kept] of hook.secrets.entries()) {
        secrets.push(await fetch(kept, ['secrets', position], readHookSecret));
      }
      for (const [name, kept] of hook.headers) {
        headers[name] = await fetch(kept, ['headers', name], readHeader);
      }
    }
    resolved.push(httpHook(hook, secrets, headers));
  }
  return { value: resolved, problems };
}

/** The variables from which hooks read secrets or headers. */
export function variablesOfHooks(hooks: readonly ParsedHook[]): ReadonlySet<string> {
  return variablesIn(
    hooks.flatMap((hook) =>
      hook.type === 'http' ? [...hook.secrets, ...hook.headers.values()] : [],
    ),
  );
}

function commandHook(hook: Extract<ParsedHook, { type: 'command' }>, folder: string): CommandHook {
  const { timeout, maxAge, ...rest } = hook;
  // As in a shell, a name without a slash is looked up in PATH.
  const command = hook.command.includes('/') ? resolve(folder, hook.command) : hook.command;
  return { ...rest, command, timeoutMs: timeout, maxAgeMs: maxAge };
}

function httpHook(
  hook: Extract<ParsedHook, { type: 'http' }>,
  secrets: readonly string[],
  headers: Readonly<Record<string, string>>,
): HttpHook {
  const { timeout, maxAge, ...rest } = hook;
  return { ...rest, secrets, headers, timeoutMs: timeout, maxAgeMs: maxAge };
}
