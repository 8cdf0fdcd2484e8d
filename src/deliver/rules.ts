import type { DeliverRule } from '../config/deliver/deliver-rule.ts';
import { fileTypeOf, readMetadata } from '../storage/model/metadata.ts';
import type { NewPlacement } from '../storage/model/placement.ts';
import type { UploadRecord } from '../storage/model/upload.ts';

/** The rule that moves files to the places that hooks have chosen. */
export function wantedPathsRule(root: string): DeliverRule {
  return {
    name: 'storage-root',
    to: { root, segments: [[{ kind: 'wanted' }]], text: root },
    how: 'move',
    onConflict: 'number',
    mode: null,
    group: null,
    sidecar: 'none',
    keepTime: false,
    wait: false,
  };
}

function isForWantedPaths({ to }: Pick<DeliverRule, 'to'>): boolean {
  return to.segments[0]?.[0]?.kind === 'wanted';
}

/** What a rule may choose by. */
type Facts = Pick<UploadRecord, 'metadata' | 'wantedPath'> & { readonly owner?: string | null };

/**
 * The rules that are to deliver an upload. A rule that moves comes last, since it gives the bytes away;
 * of several only the first does, and none where a hook has chosen the place.
 */
export function placementsFor(rules: readonly DeliverRule[], facts: Facts): NewPlacement[] {
  const matching = rules.filter((rule) => matches(rule, facts));
  const chosen = facts.wantedPath === null ? undefined : rules.find(isForWantedPaths);
  const mover = chosen ?? matching.find(({ how }) => how === 'move');
  const others = matching.filter(({ how }) => how !== 'move');
  return [
    ...others.map(({ name }) => ({ rule: name, last: false })),
    ...(mover ? [{ rule: mover.name, last: true }] : []),
  ];
}

export function matches(rule: Pick<DeliverRule, 'when' | 'to'>, facts: Facts): boolean {
  const { when } = rule;
  if (isForWantedPaths(rule)) return false;
  if (!when) return true;
  if (when.owner && !fits(when.owner, facts.owner ?? '')) return false;
  if (when.type && !fits(when.type, fileTypeOf(facts.metadata) ?? '', true)) return false;
  if (!when.metadata) return true;
  const values = new Map(
    readMetadata(facts.metadata).map(({ key, value }) => [key, value?.toString('utf8') ?? '']),
  );
  return Object.entries(when.metadata).every(([key, patterns]) => {
    const value = values.get(key);
    return value !== undefined && fits(patterns, value);
  });
}

/** "*" stands for any text. A media type may have parameters, which no pattern needs to name. */
function fits(patterns: readonly string[], text: string, isType = false): boolean {
  if (!isType) return patterns.some((pattern) => fitsPattern(pattern, text));
  const whole = text.toLowerCase();
  const texts = [whole, whole.replace(/;.*$/s, '').trimEnd()];
  return patterns.some((pattern) => texts.some((one) => fitsPattern(pattern.toLowerCase(), one)));
}

/**
 * Finds each piece of a pattern at the first place behind the one before. No regular expression: several
 * "*" make one try all divisions of a long text, which the client chooses.
 */
function fitsPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= end && text.endsWith(last);
}
