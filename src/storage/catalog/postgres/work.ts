import type { NewDelivery } from '../../model/events.ts';
import type { NewPlacement } from '../../model/placement.ts';
import type { Database } from './database/database.ts';
import { constant, joined, type Sql, sql } from './database/sql.ts';
import type { HeldLeases } from './held-leases.ts';
import { addDeliveries, lineOf } from './tables/deliveries-sql.ts';
import { addPlacements } from './tables/placements-sql.ts';

/** Dependencies of the units of work of one open catalog. */
export interface Work {
  readonly database: Database;
  readonly leases: HeldLeases;
}

/** A change of uploads, and what comes with it. */
export interface Unit {
  /** Table expressions that `change` uses. */
  readonly before?: readonly Sql[];
  /** Alters uploads, and returns `seq`, `id` and what `with` and `select` use. */
  readonly change: Sql;
  /** Statements on other tables, which find the altered uploads in the table expression `u`. */
  readonly with?: readonly Sql[];
  readonly deliveries?: readonly NewDelivery[] | undefined;
  readonly placements?: readonly NewPlacement[] | undefined;
  readonly at: number;
  /** What the statement returns; by default the `seq` of each upload that was altered. */
  readonly select?: Sql;
}

/**
 * One statement that is a whole unit of work on the upload of this id: what comes with the change happens for
 * each upload that was altered, so nothing happens when none was.
 */
export function unitOf(id: string, unit: Unit): Sql {
  const { before = [], change, with: others = [], deliveries = [], placements = [], at } = unit;
  const steps = [
    ...others,
    ...(placements.length > 0 ? [addPlacements(placements, at)] : []),
    ...(deliveries.length > 0 ? [addDeliveries(deliveries, at)] : []),
  ];
  const expressions = [
    ...before,
    ...(deliveries.length > 0 ? [lineOf(id)] : []),
    sql`u AS (${change})`,
    ...steps.map((step, index) => sql`${constant(`step${index}`)} AS (${step})`),
  ];
  return sql`WITH ${joined(expressions, ', ')} ${unit.select ?? sql`SELECT seq FROM u`}`;
}
