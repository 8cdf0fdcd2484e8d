import type { Outcome } from './outcome.ts';
import { Verdict } from './outcome.ts';
import { GarbledReply } from './reply.ts';
import type { Row } from './row.ts';
import type { Target } from './target.ts';
import { WireError } from './wire.ts';

/** Looks at one row. It may also end by a Verdict, thrown from an expectation. */
export type Check = (t: Target) => Promise<Outcome>;

/** Checks by the id of their row. */
export type Checks = Record<string, Check>;

/**
 * What becomes of a row on a target. A server that is silent, gone or garbled fails the row; a
 * process that died of it too, and is started again. Any other error is a bug of the check and is
 * thrown.
 */
export async function judge(row: Row, check: Check | undefined, t: Target): Promise<Outcome> {
  if (row.untestable !== undefined) return { kind: 'untestable', why: row.untestable };
  if (check === undefined) throw new Error(`row ${row.id} has neither a check nor a reason`);
  const outcome = await settle(check, t);
  const death = await t.reviveIfDead?.();
  return death === undefined ? outcome : { kind: 'fail', why: death };
}

async function settle(check: Check, t: Target): Promise<Outcome> {
  try {
    return await check(t);
  } catch (error) {
    if (error instanceof Verdict) return error.outcome;
    if (error instanceof WireError || error instanceof GarbledReply) {
      return { kind: 'fail', why: error.message };
    }
    throw error;
  }
}
