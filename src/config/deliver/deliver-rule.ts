import type { Place, Resolved, ValueProblem } from '../key.ts';
import { findGroup } from '../keys/file-access.ts';
import type { ParsedRule } from './deliver-schema.ts';
import { type PathTemplate, resolveTemplate } from './path-template.ts';

/** A rule that delivers finished uploads, as the program uses it. */
export type DeliverRule = Omit<ParsedRule, 'name' | 'to' | 'mode' | 'group'> & {
  readonly name: string;
  readonly to: PathTemplate;
  /** Permission bits; null for those of the upload directory. */
  readonly mode: number | null;
  /** A group id, or null for the system's choice. */
  readonly group: number | null;
};

/** Makes roots absolute and looks groups up. Commands that load no secrets need no group to exist. */
export function resolveRules(
  rules: readonly (ParsedRule & { readonly name: string })[],
  { folder, withSecrets }: Place,
): Resolved<readonly DeliverRule[]> {
  const problems: ValueProblem[] = [];
  const value = rules.map((rule, index): DeliverRule => {
    const { mode = null, group, ...rest } = rule;
    const found = findGroup(withSecrets === true ? (group ?? null) : null);
    if ('problem' in found) problems.push({ path: [index, 'group'], problem: found.problem });
    return {
      ...rest,
      to: resolveTemplate(rule.to, folder ?? '/'),
      mode,
      group: 'value' in found ? found.value : null,
    };
  });
  return { value, problems };
}

/** The rules of a configuration on one line: names, ways and destinations. */
export function rulesText(value: unknown): string {
  const rules = Array.isArray(value) ? value : [value];
  const texts = rules.map(({ name = 'deliver', how = 'move', to }) => `${name} (${how} to ${to})`);
  return texts.length === 0 ? '(none)' : texts.join(', ');
}
