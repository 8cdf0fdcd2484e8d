import { Fault } from '../fault.ts';
import type { CreationDraft, Guards } from '../storage/model/events.ts';
import { readMetadata } from '../storage/model/metadata.ts';
import type { Caller } from '../storage/model/upload.ts';
import type { RuledPrincipal } from './rules.ts';

/**
 * Adds the rules about types and names to the guards of storage. They are checked before hooks are
 * asked: what a hook changes is its own decision. Throws FORBIDDEN.
 */
export function withCreationRules(guards: Guards): Guards {
  const { beforeCreate } = guards;
  return {
    ...guards,
    async beforeCreate(draft, caller) {
      assertAllowed(draft, caller);
      return beforeCreate ? beforeCreate(draft, caller) : {};
    },
  };
}

function assertAllowed({ kind, metadata }: CreationDraft, { principal }: Caller): void {
  const { rules } = (principal ?? {}) as Partial<RuledPrincipal>;
  // Clients often send the metadata with the final upload alone.
  if (!rules || kind === 'partial') return;
  const { types, names } = rules;
  if (types.length === 0 && names.length === 0) return;
  const texts = new Map(
    readMetadata(metadata).map(({ key, value }) => [key, value?.toString('utf8') ?? '']),
  );
  const type = (texts.get('filetype') ?? texts.get('type') ?? '').split(';')[0]!.trim();
  if (types.length > 0 && !types.some((pattern) => fits(type, pattern))) {
    throw new Fault('FORBIDDEN', 'files of this type are not allowed here');
  }
  const name = texts.get('filename') ?? texts.get('name') ?? '';
  if (names.length > 0 && !names.some((pattern) => fits(name, pattern))) {
    throw new Fault('FORBIDDEN', 'files of this name are not allowed here');
  }
}

/** Compares without regard to case; `*` in the pattern stands for any text. Takes linear time. */
export function fits(text: string, pattern: string): boolean {
  const rest = text.toLowerCase();
  const [first = '', ...parts] = pattern.toLowerCase().split('*');
  if (parts.length === 0) return rest === first;
  const last = parts.pop()!;
  if (!rest.startsWith(first) || rest.length < first.length + last.length) return false;
  if (!rest.endsWith(last)) return false;
  const end = rest.length - last.length;
  let at = first.length;
  for (const part of parts) {
    const found = rest.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
