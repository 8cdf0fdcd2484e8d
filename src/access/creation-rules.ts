import { Fault } from '../fault.ts';
import type { CreationDraft, Guards } from '../storage/model/events.ts';
import { fileNameOf, fileTypeOf, relativePathOf } from '../storage/model/metadata.ts';
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
  if (!rules) return;
  const { types, names } = rules;
  // Clients often send the metadata with the final upload alone: what a part says must be allowed.
  const mayBeSilent = kind === 'partial';
  const allows = (patterns: readonly string[], stated: string | null) =>
    patterns.length === 0 ||
    (stated === null && mayBeSilent) ||
    patterns.some((pattern) => fits(stated ?? '', pattern));
  const type = fileTypeOf(metadata);
  if (!allows(types, type && type.split(';')[0]!.trim())) {
    throw new Fault('FORBIDDEN', 'files of this type are not allowed here');
  }
  const path = relativePathOf(metadata);
  const named = [fileNameOf(metadata), ...(path === null ? [] : [path])];
  if (!named.every((name) => allows(names, name && lastSegment(name)))) {
    throw new Fault('FORBIDDEN', 'files of this name are not allowed here');
  }
}

/** What a file is called where it is delivered or downloaded: folders before it do not count. */
function lastSegment(name: string): string {
  return name.split(/[/\\]/).findLast((segment) => segment !== '') ?? '';
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
