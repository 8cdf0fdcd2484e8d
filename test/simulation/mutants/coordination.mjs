import { ENGINE, mutant, SIMULATED } from './mutant.mjs';

/**
 * Mistakes with leases, finishes, events and removals.
 *
 * @type {readonly import('./mutant.mjs').Mutant[]}
 */
export const COORDINATION = [
  // Leases and turns
  mutant(
    'the offset of a request is not compared',
    `${ENGINE}receiving/append.ts`,
    'if (request.offset !== record.offset) {',
    'if (request.offset > record.offset) {',
  ),
  mutant(
    'two requests write at the same time',
    `${ENGINE}writing/writer-queue.ts`,
    'return this.#wait(line, options);',
    'return this.#slot(id);',
  ),
  mutant(
    'a lease is not checked',
    `${SIMULATED}catalog/records.ts`,
    'return held?.owner === owner && held.epoch === epoch ? this.rows.get(id) : undefined;',
    'return held || owner || epoch ? this.rows.get(id) : undefined;',
  ),
  mutant(
    'a void lease finishes',
    `${ENGINE}writing/recording.ts`,
    'if (!(await this.#catalog.finish(this.lease, finish))) throw await this.#lost();',
    'await this.#catalog.finish(this.lease, finish);',
  ),
  mutant(
    'a lease is not given back',
    `${ENGINE}writing/write-right.ts`,
    'await this.#recording?.release();',
  ),
  mutant('a turn is not given back', `${ENGINE}writing/write-right.ts`, 'this.#slot.release();'),
  mutant(
    'inherited leases are kept',
    `${ENGINE}upkeep/recover.ts`,
    'context.unreleased.add(lease);',
  ),
  // The finish and its events
  mutant(
    'a finish that failed is not tried again',
    `${ENGINE}receiving/finish.ts`,
    'if (!settled) context.leftBehind.add(id);',
    'void settled;',
  ),
  mutant(
    'a finish that failed early is not tried again',
    `${ENGINE}upkeep/recover.ts`,
    'leaveBehind(context, { id }, error);',
  ),
  mutant(
    'a start does not finish what is complete',
    `${ENGINE}upkeep/recover.ts`,
    'context.background(finishAll(context, full, context.endsAtLength));',
  ),
  mutant(
    'the last part does not complete its final upload',
    `${ENGINE}engine.ts`,
    'this.context.background(joinFinalsOf(this.context, event.record.id));',
  ),
  mutant(
    'a final upload without its file is never joined',
    `${ENGINE}writing/write-right.ts`,
    "if (!(error instanceof Fault && error.code === 'GONE')) throw error;",
    'throw error;',
  ),
  mutant(
    'a finish has no events',
    `${ENGINE}receiving/finish.ts`,
    'const deliveries = plan(event);',
    'const deliveries = plan(event).slice(1);',
  ),
  mutant(
    'a creation has no events',
    `${ENGINE}writing/write-right.ts`,
    "deliveries: plan({ type: 'created', record: draft, caller }),",
    'deliveries: [],',
  ),
  mutant(
    'events overtake each other',
    'src/storage/catalog/memory/memory-outbox.ts',
    'nextAt: waits ? null : at,',
    'nextAt: waits ? at : at,',
  ),
  mutant(
    'a clock that is set back delays events',
    'src/hooks/delivery/dispatcher.ts',
    'if (this.#steps.backward(now, clock.elapsed())) {',
    'if (this.#steps.backward(now, clock.elapsed()) && now < 0) {',
  ),
  mutant(
    'a refusal of a hook is forgotten',
    `${ENGINE}receiving/finish.ts`,
    'await recording.refuse(refusalOf(context, error, declares));',
  ),
  // Removing
  mutant(
    'a failed creation is not taken back later',
    `${ENGINE}removing/undo-creation.ts`,
    'unremoved.set(id, createdAt);\n    warn',
    'warn',
  ),
  mutant(
    'a claim does not compare',
    `${ENGINE}removing/remove.ts`,
    "      case 'changed':\n",
    "      case 'changed':\n        return record;\n",
  ),
  mutant(
    'bytes of a removed upload stay',
    `${ENGINE}removing/remove.ts`,
    'await bytes.remove(record);',
  ),
  mutant(
    'a removal does not end',
    `${ENGINE}removing/remove.ts`,
    'await catalog.removalDone(record.id);',
  ),
  mutant(
    'what is not condemned is removed',
    `${ENGINE}removing/remove.ts`,
    '|| !(await condemned(record))',
  ),
  mutant(
    'a part is removed that is needed',
    `${SIMULATED}catalog/records.ts`,
    "this.finalsWith(record.id).some(isUnfinished)) return 'needed';",
    "this.finalsWith(record.id).some(isUnfinished)) void 'needed';",
  ),
];
