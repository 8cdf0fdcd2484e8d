// Mistakes that the simulator must find: each is one change in the text of one source.
const ENGINE = 'src/storage/uploads/';
const S3 = 'src/storage/bytes/s3/';
const SIMULATED = 'test/simulation/';

/** @typedef {import('./bundle.mjs').Change & { name: string, world: string }} Mutant */

/** @type {(name: string, file: string, find: string, put?: string) => Mutant} */
const mutant = (name, file, find, put = '') => ({ name, file, find, put, world: 'local' });

/** @type {(world: string, name: string, file: string, find: string, put?: string) => Mutant} */
const inWorld = (world, name, file, find, put = '') => ({ name, file, find, put, world });

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  // Bytes
  mutant('bytes of a rejected request stay', `${ENGINE}receive.ts`, 'await writer.rollback(from);'),
  mutant(
    'taking bytes back is not synced',
    `${ENGINE}receive.ts`,
    'await context.durability.takenBack(writer, { length: from, crc32: record.crc32 });',
  ),
  mutant(
    'a finished upload is not synced',
    `${ENGINE}durability.ts`,
    'return writer.seal(this.#lasting, content);',
    "return writer.seal('process', content);",
  ),
  mutant(
    'an offset is answered before the sync',
    `${ENGINE}receive.ts`,
    'await context.durability.received(writer, { length: offset, crc32 });',
  ),
  mutant(
    'names are not synced',
    `${SIMULATED}disk/simulated-writer.ts`,
    "this.bytes.act('syncing a folder', endNames)",
    'void endNames',
  ),
  mutant(
    'a failed sync is forgotten',
    `${SIMULATED}disk/simulated-writer.ts`,
    'this.bytes.unsynced.add(this.file);',
  ),
  mutant(
    'the rest of a short write is lost',
    `${ENGINE}byte-pump.ts`,
    'return [chunk.subarray(written), ...chunks.slice(index + 1)];',
    'return chunks.slice(index + 1);',
  ),
  mutant(
    'the CRC-32 leaves out a short write',
    `${ENGINE}byte-pump.ts`,
    'if (written > 0) this.crc32 = crc32(chunk.subarray(0, written), this.crc32);',
  ),
  mutant(
    'the CRC-32 begins anew with each request',
    `${ENGINE}receive.ts`,
    'crc32: record.crc32,\n    limit',
    'crc32: 0,\n    limit',
  ),
  mutant(
    'more bytes than belong to an upload count',
    `${ENGINE}byte-pump.ts`,
    'const room = this.#options.limit - this.#received;',
    'const room = Number.POSITIVE_INFINITY;',
  ),
  mutant(
    'a failed write counts',
    `${ENGINE}byte-pump.ts`,
    'if (error) this.#failed(error);',
    'if (error) this.#written(chunks, crcAfter, chunks[0]!.length, lent);',
  ),
  mutant(
    'parts are joined in the wrong order',
    `${ENGINE}join.ts`,
    'await writer.join(parts,',
    'await writer.join(parts.toReversed(),',
  ),
  mutant(
    'room is given back of what has finished',
    `${ENGINE}create.ts`,
    "if ((await catalog.get(record.id))?.state !== 'finished') await",
    'await',
  ),
  // Records
  mutant(
    'a finish is not made durable',
    `${ENGINE}finish.ts`,
    "await durability.recorded('finish');",
  ),
  mutant(
    'a confirmed creation is not made durable',
    `${ENGINE}create.ts`,
    "durability.recorded('progress'),",
  ),
  mutant(
    'where a checked request begins is not recorded',
    `${ENGINE}append.ts`,
    'const change = { uncommittedFrom: record.offset };',
    'const change = {};',
  ),
  mutant(
    'where a checked request began is kept',
    `${ENGINE}receive.ts`,
    '      uncommittedFrom: null,\n',
  ),
  mutant(
    'a checked creation is not marked',
    `${ENGINE}create.ts`,
    'body?.whole ? { ...draft, uncommittedFrom: 0 } : draft',
    'draft',
  ),
  mutant(
    'a refused request declares its length',
    `${ENGINE}receive.ts`,
    'length: refused ? null : length }',
    'length }',
  ),
  mutant(
    'progress of a checked request is recorded',
    `${ENGINE}upkeep/progress.ts`,
    'if (whole) return undefined;',
    '',
  ),
  mutant(
    'recovered bytes have the wrong CRC-32',
    `${ENGINE}reconcile-size.ts`,
    'let crc = known;',
    'let crc = 0;',
  ),
  mutant(
    'bytes that were not verified are recovered',
    `${ENGINE}reconcile-size.ts`,
    'Math.min(writer.size, recorded, record.uncommittedFrom ?? writer.size)',
    'Math.min(writer.size, recorded)',
  ),
  mutant(
    'bytes beyond the record count after a reboot',
    `${ENGINE}upkeep/recover.ts`,
    'if (rebooted) for (const id of await catalog.unfinished()) context.afterReboot.add(id);',
  ),
  mutant(
    'HEAD tells bytes that are not verified',
    `${ENGINE}access.ts`,
    'if (append.whole) return append.from;',
  ),
  mutant(
    'HEAD tells the beginning of a finished request',
    `${ENGINE}access.ts`,
    'if (!append || !isUnfinished(record)) return undefined;',
    'if (!append) return undefined;',
  ),
  mutant(
    'HEAD tells what a write under way has left in the file',
    `${ENGINE}access.ts`,
    'if (written !== undefined) return written;',
  ),
  mutant(
    'HEAD tells what is not synced',
    `${ENGINE}access.ts`,
    'return durability.confirmsOffsets ? append.confirmed : append.pump.position;',
    'return append.pump.position;',
  ),
  mutant(
    'progress is recorded before it is synced',
    `${ENGINE}upkeep/progress.ts`,
    'durability.confirmsOffsets && !bytes.buffers;',
    'false;',
  ),
  mutant(
    'recovered bytes are not synced',
    `${ENGINE}reconcile-size.ts`,
    'else await durability.received(writer, { length: size, crc32: crc });',
  ),
  // Leases and turns
  mutant(
    'the offset of a request is not compared',
    `${ENGINE}append.ts`,
    'if (request.offset !== record.offset) {',
    'if (request.offset > record.offset) {',
  ),
  mutant(
    'two requests write at the same time',
    `${ENGINE}writer-queue.ts`,
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
    `${ENGINE}recording.ts`,
    'if (!(await this.#catalog.finish(this.lease, finish))) throw removedMeanwhile();',
    'await this.#catalog.finish(this.lease, finish);',
  ),
  mutant(
    'a lease is not given back',
    `${ENGINE}write-right.ts`,
    'await this.#recording?.release();',
  ),
  mutant('a turn is not given back', `${ENGINE}write-right.ts`, 'this.#slot.release();'),
  mutant(
    'inherited leases are kept',
    `${ENGINE}upkeep/recover.ts`,
    'context.unreleased.add(lease);',
  ),
  // The finish and its events
  mutant(
    'a finish that failed is not tried again',
    `${ENGINE}finish.ts`,
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
    `${ENGINE}write-right.ts`,
    "if (!(error instanceof Fault && error.code === 'GONE')) throw error;",
    'throw error;',
  ),
  mutant(
    'a finish has no events',
    `${ENGINE}finish.ts`,
    'const deliveries = plan(event);',
    'const deliveries = plan(event).slice(1);',
  ),
  mutant(
    'a creation has no events',
    `${ENGINE}write-right.ts`,
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
    `${ENGINE}finish.ts`,
    'await recording.refuse(refusalOf(context, error, declares));',
  ),
  // Removing
  mutant(
    'a failed creation is not taken back later',
    `${ENGINE}undo-creation.ts`,
    'unremoved.add(draft.id);',
  ),
  mutant(
    'a claim does not compare',
    `${ENGINE}remove.ts`,
    "      case 'changed':\n",
    "      case 'changed':\n        return record;\n",
  ),
  mutant('bytes of a removed upload stay', `${ENGINE}remove.ts`, 'await bytes.remove(record);'),
  mutant('a removal does not end', `${ENGINE}remove.ts`, 'await catalog.removalDone(record.id);'),
  mutant('what is not condemned is removed', `${ENGINE}remove.ts`, '|| !(await condemned(record))'),
  mutant(
    'a part is removed that is needed',
    `${SIMULATED}catalog/records.ts`,
    "this.finalsWith(record.id).some(isUnfinished)) return 'needed';",
    "this.finalsWith(record.id).some(isUnfinished)) void 'needed';",
  ),
  // Bytes in S3
  inWorld(
    's3',
    'a tail is deleted before what replaces it is recorded',
    `${S3}open-upload.ts`,
    '    await this.#note(this.ledger.text);\n    return',
    '    await this.deleteDropped(drop);\n    await this.#note(this.ledger.text);\n    return',
  ),
  inWorld(
    's3',
    'a part number is used twice',
    `${S3}ledger.ts`,
    'this.#used = layout.next - 1;',
    'this.#used = layout.numbers.last;',
  ),
  inWorld(
    's3',
    'a part without a number is overtaken',
    `${S3}flights.ts`,
    'this.#flights.find((one) => one.number === undefined) ?? flight;',
    'flight;',
  ),
  inWorld(
    's3',
    'part numbers are not reserved',
    `${S3}open-upload.ts`,
    '        await this.#record();\n      } catch',
    '      } catch',
  ),
  inWorld(
    's3',
    'Complete comes before its note',
    `${S3}sealer.ts`,
    'if (!this.#recorded) await this.#upload.record();',
  ),
  inWorld(
    's3',
    'parts are named in the wrong order',
    `${S3}sealing.ts`,
    'return numbers.map((number) => {',
    'return numbers.toReversed().map((number) => {',
  ),
  inWorld(
    's3',
    'a failed Complete is believed',
    `${S3}sealing.ts`,
    'if (info) return info;',
    'if (info && failure === undefined) return info;',
  ),
  inWorld(
    's3',
    'a part leaves out the tail',
    `${S3}flights.ts`,
    'await loadTails(this.#upload, part);',
  ),
  inWorld(
    's3',
    'a part counts before those that precede it',
    `${S3}flights.ts`,
    'for (let first = this.#flights[0]; first?.stored; first = this.#flights[0]) {\n      this.#flights.shift();',
    'for (let first = this.#flights.find(({ stored }) => stored); first; first = this.#flights.find(({ stored }) => stored)) {\n      this.#flights.splice(this.#flights.indexOf(first), 1);',
  ),
  inWorld(
    's3',
    'the end of a request forgets the layout',
    `${ENGINE}receive.ts`,
    'recordEnding(context, recording, withLayout(ending, open))',
    'recordEnding(context, recording, ending)',
  ),
  inWorld(
    's3',
    'a finish forgets where the object is',
    `${ENGINE}finish.ts`,
    'const ending = withLayout(reached, open);',
    'const ending = withLayout(reached, { ...open, writer: { ...open.writer, layout: record.layout } });',
  ),
  inWorld(
    's3',
    'a note overtakes progress',
    `${ENGINE}write-right.ts`,
    '      await append?.progressing;\n',
  ),
  inWorld(
    's3',
    'progress overtakes a note',
    `${ENGINE}upkeep/progress.ts`,
    'if (!lease || concluding || noting) return [];',
    'if (!lease || concluding) return [];',
  ),
  inWorld(
    's3',
    'HEAD tells bytes that only the process has',
    `${ENGINE}access.ts`,
    'return Math.max(append.confirmed, recorded);',
    'return append.whole ? append.from : append.pump.position;',
  ),
  inWorld(
    's3',
    'a checked request is sealed before it counts',
    `${ENGINE}finish.ts`,
    'if (bytes.buffers && record.uncommittedFrom !== null && recording.lease) {',
    'if (bytes.buffers && record.uncommittedFrom !== null && !recording.lease) {',
  ),
  inWorld(
    's3',
    'a removal leaves multipart uploads',
    `${S3}folders.ts`,
    'if (isOurs(folder, key) && (await calls.abort(key, id))) removed = true;',
  ),
  // Several daemons
  inWorld(
    'workers',
    'HEAD tells less than another daemon',
    `${ENGINE}access.ts`,
    'return Math.max(append.confirmed, recorded);',
    'return append.confirmed;',
  ),
  inWorld(
    'workers',
    'a daemon without its lease goes on',
    `${ENGINE}recording.ts`,
    'if (!(await this.#catalog.record(this.lease, ending))) throw removedMeanwhile();',
    'await this.#catalog.record(this.lease, ending);',
  ),
  inWorld(
    'workers',
    'a daemon without its lease finishes',
    `${ENGINE}recording.ts`,
    'if (!(await this.#catalog.finish(this.lease, finish))) throw removedMeanwhile();',
    'await this.#catalog.finish(this.lease, finish);',
  ),
  inWorld(
    'workers',
    'the database does not check leases',
    `${SIMULATED}catalog/records.ts`,
    'return held?.owner === owner && held.epoch === epoch ? this.rows.get(id) : undefined;',
    'return held || owner || epoch ? this.rows.get(id) : undefined;',
  ),
  inWorld(
    'workers',
    'daemons inherit from those that live',
    `${SIMULATED}catalog/records.ts`,
    'owner !== holder.owner && !this.isAlive(owner, at)) gone.add(owner);',
    'owner !== holder.owner) gone.add(owner);',
  ),
  inWorld(
    'workers',
    'a lease whose answer was lost is kept',
    `${SIMULATED}catalog/records.ts`,
    'const stray = owner === holder.owner && !knows({ id, seq, epoch });',
    'const stray = owner === holder.owner && knows({ id, seq, epoch }) && false;',
  ),
];
