import { ENGINE, inWorld, S3, SIMULATED } from './mutant.mjs';

/**
 * Mistakes with bytes in S3, and among several daemons.
 *
 * @type {readonly import('./mutant.mjs').Mutant[]}
 */
export const SHARED = [
  // Bytes in S3
  inWorld(
    's3',
    'a tail is deleted before what replaces it is recorded',
    `${S3}writing/open-upload.ts`,
    '    await this.#note(this.ledger.text);\n    return',
    '    await this.deleteDropped(drop);\n    await this.#note(this.ledger.text);\n    return',
  ),
  inWorld(
    's3',
    'a part number is used twice',
    `${S3}layout/ledger.ts`,
    'this.#used = layout.next - 1;',
    'this.#used = layout.numbers.last;',
  ),
  inWorld(
    's3',
    'a part without a number is overtaken',
    `${S3}writing/flights.ts`,
    'this.#flights.find((one) => one.number === undefined) ?? flight;',
    'flight;',
  ),
  inWorld(
    's3',
    'part numbers are not reserved',
    `${S3}writing/open-upload.ts`,
    '        await this.#record();\n      } catch',
    '      } catch',
  ),
  inWorld(
    's3',
    'Complete comes before its note',
    `${S3}writing/sealer.ts`,
    'if (!this.#recorded) await this.#upload.record();',
  ),
  inWorld(
    's3',
    'parts are named in the wrong order',
    `${S3}writing/sealing.ts`,
    'return numbers.map((number) => {',
    'return numbers.toReversed().map((number) => {',
  ),
  inWorld(
    's3',
    'a failed Complete is believed',
    `${S3}writing/sealing.ts`,
    'if (info) return info;',
    'if (info && failure === undefined) return info;',
  ),
  inWorld(
    's3',
    'a part leaves out the tail',
    `${S3}writing/merging.ts`,
    'await loadTails(upload, merged, kept);',
  ),
  inWorld(
    's3',
    'a part takes in the tail of the one before it',
    `${S3}writing/flights.ts`,
    'const kept = flight === this.#flights[0] ? 0 : tails.length;',
    'const kept = tails.length - tails.length;',
  ),
  inWorld(
    's3',
    'a part counts before those that precede it',
    `${S3}writing/flights.ts`,
    'for (let first = this.#flights[0]; first?.stored; first = this.#flights[0]) {\n      this.#flights.shift();',
    'for (let first = this.#flights.find(({ stored }) => stored); first; first = this.#flights.find(({ stored }) => stored)) {\n      this.#flights.splice(this.#flights.indexOf(first), 1);',
  ),
  inWorld(
    's3',
    'the end of a request forgets the layout',
    `${ENGINE}receiving/receive.ts`,
    'recordEnding(context, recording, withLayout(ending, open))',
    'recordEnding(context, recording, ending)',
  ),
  inWorld(
    's3',
    'a finish forgets where the object is',
    `${ENGINE}receiving/finish.ts`,
    'const ending = withLayout(reached, open);',
    'const ending = withLayout(reached, { ...open, writer: { ...open.writer, layout: record.layout } });',
  ),
  inWorld(
    's3',
    'a note overtakes progress',
    `${ENGINE}writing/write-right.ts`,
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
    'return append.whole ? append.record.offset : append.pump.position;',
  ),
  inWorld(
    's3',
    'a checked request is sealed before it counts',
    `${ENGINE}receiving/finish.ts`,
    'if (bytes.buffers && record.uncommittedFrom !== null && recording.lease) {',
    'if (bytes.buffers && record.uncommittedFrom !== null && !recording.lease) {',
  ),
  inWorld(
    's3',
    'a removal leaves multipart uploads',
    `${S3}folders.ts`,
    'if (isOurs(folder, key) && (await calls.abort(key, id))) removed = true;',
  ),
  // Records in a database
  inWorld(
    's3',
    'a creation whose answer was lost stays',
    `${ENGINE}making/create.ts`,
    'if (!taken) await undoCreation',
    'if (made && !taken) await undoCreation',
  ),
  // Several daemons
  inWorld(
    'workers',
    'what HEAD has told as complete is not finished',
    'src/storage/reads.ts',
    'context.leftBehind.add(record.id);',
  ),
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
    `${ENGINE}writing/recording.ts`,
    'if (!(await this.#catalog.record(this.lease, ending))) throw await this.#lost();',
    'await this.#catalog.record(this.lease, ending);',
  ),
  inWorld(
    'workers',
    'a daemon without its lease finishes',
    `${ENGINE}writing/recording.ts`,
    'if (!(await this.#catalog.finish(this.lease, finish))) throw await this.#lost();',
    'await this.#catalog.finish(this.lease, finish);',
  ),
  inWorld(
    'workers',
    'a daemon without its lease refuses',
    `${ENGINE}writing/recording.ts`,
    'if (!(await this.#catalog.refuse(this.lease, refusal))) throw await this.#lost();',
    'await this.#catalog.refuse(this.lease, refusal);',
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
