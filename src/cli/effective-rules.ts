import { OPEN_AUTH } from '../access/open-auth.ts';
import { rulesOf } from '../access/rules.ts';
import type { Config } from '../config/config.ts';
import { Fault } from '../fault.ts';
import { formatCount, formatSize } from '../terminal/size.ts';
import { principalNameProblem } from '../text/principal-name.ts';
import { sanitize } from '../text/sanitize.ts';
import { describePeriod } from '../text/span.ts';

/** What somebody may do, and which part of the configuration says so. */
export interface EffectiveRules {
  readonly principal: string;
  /** "auth.principals", "auth.everyone", "auth.anonymous", or null while everything is open. */
  readonly from: string | null;
  readonly grants: readonly string[];
  /** Bytes, or null. */
  readonly maxSize: number | null;
  /** Counts and bytes, or null. */
  readonly maxOpenUploads: number | null;
  readonly maxCreationsPerMinute: number | null;
  readonly maxBytesPerDay: number | null;
  readonly maxTotalSize: number | null;
  readonly maxBandwidth: number | null;
  /** Milliseconds, or null. */
  readonly maxLifetimeMs: number | null;
  readonly types: readonly string[];
  readonly names: readonly string[];
}

/** The name that stands for clients without credentials. */
const ANONYMOUS = 'anonymous';

/**
 * The rules in force for a principal as the configuration alone has them: its credentials and hooks
 * may take away more. Throws USAGE for what is no name.
 */
export function effectiveRules({ auth, maxSize }: Config, name: string): EffectiveRules {
  const problem = principalNameProblem(name);
  if (problem !== null) throw new Fault('USAGE', `--effective-for: ${problem}`);
  const anonymous = name === ANONYMOUS && !auth?.principals.has(name);
  const rules = rulesOf(auth ?? OPEN_AUTH, anonymous ? null : name);
  const own = auth?.principals.has(name) ? 'auth.principals' : 'auth.everyone';
  const sizes = [rules.maxSize, maxSize].filter((size) => size !== null);
  return {
    principal: name,
    from: auth === null ? null : anonymous ? 'auth.anonymous' : own,
    grants: rules.grants,
    maxSize: sizes.length === 0 ? null : Math.min(...sizes),
    maxOpenUploads: rules.maxOpenUploads,
    maxCreationsPerMinute: rules.maxCreationsPerMinute,
    maxBytesPerDay: rules.maxBytesPerDay,
    maxTotalSize: rules.maxTotalSize,
    maxBandwidth: rules.maxBandwidth,
    maxLifetimeMs: rules.maxLifetimeDays,
    types: rules.types,
    names: rules.names,
  };
}

/** The same for a person, line by line. */
export function effectiveLines(rules: EffectiveRules): string[] {
  const { principal, from, grants, types, names } = rules;
  const size = (bytes: number | null) => (bytes === null ? 'unlimited' : formatSize(bytes));
  const count = (number: number | null) => (number === null ? 'unlimited' : formatCount(number));
  const lifetime = rules.maxLifetimeMs;
  const listed = (list: readonly string[], none: string) =>
    list.length === 0 ? none : list.map(sanitize).join(', ');
  return [
    `${sanitize(principal)}  ${from === null ? 'auth is not set: everyone may do everything' : `by ${from}`}`,
    `  grants                ${listed(grants, 'none')}`,
    `  largest upload        ${size(rules.maxSize)}`,
    `  open uploads          ${count(rules.maxOpenUploads)}`,
    `  creations per minute  ${count(rules.maxCreationsPerMinute)}`,
    `  bytes per day         ${size(rules.maxBytesPerDay)}`,
    `  bytes in all          ${size(rules.maxTotalSize)}`,
    `  bytes per second      ${size(rules.maxBandwidth)}`,
    `  lifetime              ${lifetime === null ? 'unlimited' : describePeriod(lifetime)}`,
    `  types                 ${listed(types, 'all')}`,
    `  names                 ${listed(names, 'all')}`,
  ];
}
