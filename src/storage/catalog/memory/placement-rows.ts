import type { NewPlacement, Placement } from '../../model/placement.ts';

export type PlacementRow = { -readonly [Key in keyof Placement]: Placement[Key] };

/** The placements as rows in memory. */
export class PlacementRows {
  readonly rows = new Map<number, PlacementRow>();
  #seq = 0;

  add(upload: string, placements: readonly NewPlacement[], at: number): number {
    const fresh = placements.filter(
      ({ rule }) => !this.of(upload).some((row) => row.rule === rule),
    );
    for (const { rule, last } of fresh) {
      this.#seq += 1;
      this.rows.set(this.#seq, {
        seq: this.#seq,
        upload,
        rule,
        last,
        state: 'pending',
        attempts: 0,
        createdAt: at,
        nextAt: at,
        doneAt: null,
        lastError: null,
        intent: null,
        path: null,
      });
    }
    return fresh.length;
  }

  of(upload: string): PlacementRow[] {
    return [...this.rows.values()].filter((row) => row.upload === upload);
  }

  isPending(upload: string): boolean {
    return this.of(upload).some(({ state }) => state === 'pending');
  }

  forget(upload: string): void {
    for (const { seq } of this.of(upload)) this.rows.delete(seq);
  }

  retry(seq: number, at: number): boolean {
    const row = this.rows.get(seq);
    if (!row || row.state === 'placed') return false;
    Object.assign(row, { state: 'pending', attempts: 0, nextAt: at, doneAt: null });
    return true;
  }
}
