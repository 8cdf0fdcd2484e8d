import { Fault } from '../../../src/fault.ts';
import type { BodyRequest, WholeRequest } from '../../../src/storage/uploads/receiving/receive.ts';
import { BAD_SENDER, contentOf, type Known } from '../ledger.ts';
import { Violation } from '../violation.ts';
import type { Bringing } from './bringing.ts';
import type { Sender } from './sender.ts';
import type { SimulatedBody } from './simulated-body.ts';
import type { TusBringing } from './tus-requests.ts';

/** How one client sends the bytes of its requests. */
export class Sending {
  readonly #client: Sender;

  constructor(client: Sender) {
    this.#client = client;
  }

  /** What a request brings in tus: a checksum comes in a trailer. */
  tusBringing(
    known: () => Known,
    from: number,
    { to, whole, wrong }: Bringing,
    brought: BodyRequest,
  ): TusBringing {
    const meant = () => {
      if (!wrong) known().verified = Math.max(known().verified ?? 0, to);
      return contentOf(known().number, this.#client.sender, from, to);
    };
    return { brought, meant: whole ? meant : undefined };
  }

  /** The body of a request, whose bytes come once it is accepted. */
  body(body: SimulatedBody, bringing: Bringing, from: number, known: () => Known): BodyRequest {
    const { to, whole, wrong, over, breaks } = bringing;
    const sender = wrong ? BAD_SENDER + this.#client.sender : this.#client.sender;
    let sent = false;
    const send = () => {
      if (sent) return;
      sent = true;
      if (whole) known().verified ??= from;
      const bytes = contentOf(known().number, sender, from, to + over);
      this.#send(body, bytes, breaks);
    };
    return {
      body,
      bodyLength: over > 0 || this.#client.random.chance(0.3) ? null : to - from,
      onAccepted: send,
      ...(whole
        ? {
            whole: this.#whole(known, () => contentOf(known().number, sender, from, to), to, wrong),
          }
        : {}),
    };
  }

  #send(body: SimulatedBody, bytes: Buffer, breaks: boolean): void {
    const { random, sim } = this.#client;
    const { scheduler } = sim;
    let rest = bytes;
    const next = () => {
      if (body.destroyed) return;
      if (breaks && (rest.length === 0 || random.chance(0.5))) {
        body.destroy();
        return;
      }
      if (rest.length === 0) {
        body.end();
        return;
      }
      const size = random.chance(0.6) ? rest.length : random.between(1, rest.length);
      body.push(rest.subarray(0, size));
      rest = rest.subarray(size);
      // The end mostly comes with the last bytes.
      if (rest.length === 0 && !breaks && random.chance(0.7)) body.end();
      else scheduler.after(this.#stall() ?? scheduler.delay(), null, next);
    };
    // The first bytes may have come with the head.
    if (random.chance(0.5)) next();
    else scheduler.after(scheduler.delay(), null, next);
  }

  /**
   * How long a body stands still: until progress is being recorded, longer than that, longer than a silent
   * writer is let alone, or idle.
   */
  #stall(): number | undefined {
    const { random, job } = this.#client;
    if (!random.chance(job.stalls)) return undefined;
    if (random.chance(0.5)) return random.between(920, 1_020);
    return random.pick([1_200, 2_500, 4_000, 30_000]);
  }

  #whole(known: () => Known, meant: () => Buffer, to: number, wrong: boolean): WholeRequest {
    const passed: Buffer[] = [];
    return {
      onUnreadable: (chunk) => {
        passed.push(Buffer.from(chunk));
      },
      verify: async (readBack) => {
        const blocks = passed;
        if (readBack) for await (const block of readBack()) blocks.push(Buffer.from(block));
        if (wrong) throw new Fault('CHECKSUM_MISMATCH', 'the checksum does not match');
        if (!Buffer.concat(blocks).equals(meant())) {
          this.#client.sim.violated(
            new Violation('what is verified is what was sent', 'other bytes were read back'),
          );
        }
        known().verified = Math.max(known().verified ?? 0, to);
      },
    };
  }
}
