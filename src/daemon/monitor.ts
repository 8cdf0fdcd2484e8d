import type { Server } from 'node:http';
import { AdminListener } from '../admin/admin-listener.ts';
import { Connections } from '../admin/connections.ts';
import { assertDelivering, assertPlacing } from '../admin/delivery-check.ts';
import type { Exposition } from '../admin/exposition.ts';
import { createFacts, type Facts, type ServingParts } from '../admin/facts.ts';
import { createReadiness, type Readiness } from '../admin/readiness.ts';
import { shared } from '../admin/shared.ts';
import { statusOf } from '../admin/status.ts';
import { SweepWatch } from '../admin/sweep-watch.ts';
import { Tally } from '../admin/tally.ts';
import type { Config } from '../config/config.ts';
import type { Page } from '../http/page.ts';
import type { RequestRecord } from '../http/request-record.ts';
import type { StorageEvent } from '../storage/model/events.ts';
import type { UploadStore } from '../storage/store.ts';
import type { Deliveries } from './deliveries.ts';

export interface MonitorOptions {
  readonly version: string;
  readonly onBug: (error: unknown) => void;
}

type Parts = ServingParts & { readonly store: UploadStore; readonly deliveries: Deliveries };
type Pages = Readonly<Record<string, () => Promise<Page>>>;

/** How long an answer is used again (milliseconds). */
const FRESH = 250;

const monotonic = () => performance.now();

const DRAINING = 'the daemon is stopping';
const STARTING = 'the storage is not open yet';

/** Knows how the daemon does: counts what happens, and answers who asks. */
export class Monitor {
  /** The configuration in force. */
  config: Config;
  readonly tally = new Tally();
  readonly sweeps = new SweepWatch(Date.now);
  readonly #options: MonitorOptions;
  readonly #connections = new Connections();
  readonly #startedAt = Date.now();
  readonly #readiness: () => Promise<Readiness>;
  #facts: ReturnType<typeof createFacts> | undefined;
  #exposition: Promise<Exposition> | undefined;
  #listener: AdminListener | undefined;
  #parts: Parts | undefined;
  #draining = false;

  constructor(config: Config, options: MonitorOptions) {
    this.config = config;
    this.#options = options;
    this.#readiness = createReadiness(() => this.#checks(), monotonic);
  }

  request(record: RequestRecord): void {
    if (this.config.adminListen !== null) this.tally.request(record);
  }

  changed(event: StorageEvent): void {
    if (this.config.adminListen !== null) this.tally.changed(event);
  }

  /** Counts the connections of the server that clients use. */
  watch(server: Server): void {
    if (this.config.adminListen !== null) this.#connections.watch(server);
  }

  /** Opens the admin listener, if there is one; resolves with its URL. Throws CANNOT_LISTEN. */
  async listen(): Promise<string | null> {
    const { onBug, version } = this.#options;
    const { adminListen: address } = this.config;
    if (address === null) return null;
    this.#facts = createFacts(
      {
        ...{ tally: this.tally, connections: this.#connections, sweeps: this.sweeps },
        minFreeSpace: () => this.config.minFreeSpace,
        now: Date.now,
        memory: () => process.memoryUsage.rss(),
        version,
      },
      () => this.#parts,
    );
    const routes = {
      '/healthz': async () => ALIVE,
      '/readyz': async () => readyPage(await this.#ready()),
      '/metrics': shared(() => this.#metrics(), FRESH, monotonic),
      '/status': shared(() => this.#status(), FRESH, monotonic),
    };
    this.#listener = new AdminListener({ address, routes, onBug });
    return this.#listener.listen();
  }

  /** What clients of the public port may ask. The reasons may name paths, so they are not among it. */
  get publicPages(): Pages {
    if (!this.config.publicHealth) return {};
    return {
      '/healthz': async () => ALIVE,
      '/readyz': async () => {
        const { status, checks } = await this.#ready();
        const ok = Object.entries(checks).map(([name, check]) => [name, { ok: check.ok }]);
        return readyPage({ status, checks: Object.fromEntries(ok) });
      },
    };
  }

  /** From now on the daemon serves uploads. */
  serve(parts: Parts): void {
    this.#parts = parts;
  }

  /** From now on it is not ready. */
  drain(): void {
    this.#draining = true;
  }

  async close(): Promise<void> {
    this.#facts?.stop();
    await this.#listener?.close();
  }

  async #ready(): Promise<Readiness> {
    if (this.#draining) return unready('draining', DRAINING);
    if (!this.#parts) return unready('starting', STARTING);
    return this.#readiness();
  }

  #checks() {
    const parts = this.#parts;
    if (!parts) return {};
    const { store, deliveries } = parts;
    return {
      storage: () => store.probe('bytes'),
      catalog: () => store.probe('catalog'),
      room: () => assertRoom(store, this.config.minFreeSpace),
      sweeps: () => this.sweeps.assertWell(),
      deliveries: () => {
        const { hooks } = this.config;
        return assertDelivering(store.outbox, hooks, this.tally, this.#startedAt, Date.now());
      },
      deliver: () => assertPlacing(store.placements, deliveries.movedAt(), Date.now()),
    };
  }

  async #gather(): Promise<Facts> {
    return this.#facts!.gather(await this.#ready());
  }

  async #metrics(): Promise<Page> {
    // Loaded when somebody asks: most daemons start without it, and idle without it.
    this.#exposition ??= import('../admin/exposition.ts').then((made) => made.createExposition());
    const { contentType, write } = await this.#exposition;
    return { status: 200, contentType, body: await write(await this.#gather()) };
  }

  async #status(): Promise<Page> {
    const readiness = await this.#ready();
    return jsonPage(200, statusOf(await this.#gather(), readiness));
  }
}

async function assertRoom(store: UploadStore, floor: number | null): Promise<void> {
  const free = await store.room();
  if (floor === null || free >= floor) return;
  throw new Error(`${free} bytes are free, and minFreeSpace is ${floor}`);
}

function unready(name: string, reason: string): Readiness {
  const checks = { [name]: { ok: false, reason } };
  return { status: 'not ready', reasons: [`${name}: ${reason}`], checks };
}

function readyPage(answer: Pick<Readiness, 'status' | 'checks'>): Page {
  return jsonPage(answer.status === 'ready' ? 200 : 503, answer);
}

function jsonPage(status: number, answer: object): Page {
  return { status, contentType: 'application/json', body: `${JSON.stringify(answer)}\n` };
}

const ALIVE = jsonPage(200, { status: 'alive' });
