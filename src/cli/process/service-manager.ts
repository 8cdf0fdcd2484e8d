import type { Host } from './io.ts';

/**
 * The service manager that started this process: systemd, or a container engine that takes its
 * notifications (sd_notify(3)). Every method returns at once and never throws.
 */
export interface ServiceManager {
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Resolves when everything was sent, or after `limit` milliseconds. */
  flush(limit: number): Promise<void>;
}

export interface ServiceManagerOptions {
  readonly env: Host['env'];
  readonly pid: number;
  /** Sends assignments such as "READY=1" together; rejects when they did not arrive. */
  readonly send: (assignments: readonly string[]) => Promise<void>;
  readonly warn: (message: string) => void;
}

const NOBODY: ServiceManager = {
  ready: () => {},
  reloading: () => {},
  stopping: () => {},
  flush: async () => {},
};

/** The shortest interval between two signs of life (milliseconds): each starts a process. */
const SHORTEST = 500;

const LIFE = ['WATCHDOG=1'];
const RELOADING = 'RELOADING=1';

/** Without NOTIFY_SOCKET there is nobody to notify. */
export function createServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { env, send, warn } = options;
  if (!env.NOTIFY_SOCKET) return NOBODY;
  let waiting: readonly (readonly string[])[] = [];
  let alive = false;
  let failing = false;
  let sending: Promise<void> | null = null;
  // One after the other: READY=1 must not overtake RELOADING=1.
  const sendAll = async () => {
    while (alive || waiting.length > 0) {
      const next = alive ? LIFE : waiting[0]!;
      if (alive) alive = false;
      else waiting = waiting.slice(1);
      try {
        await send(next);
        failing = false;
      } catch (error) {
        const { message } = error as Error;
        if (!failing) warn(`the service manager was not notified: ${message}`);
        failing = true;
      }
    }
    sending = null;
  };
  // What is no longer true is not sent: each takes a process, and reloads may come faster.
  const tell = (messages: typeof waiting) => {
    waiting = messages;
    sending ??= sendAll();
  };
  const interval = watchdogInterval(options);
  if (interval !== null) {
    // The timer runs only while the event loop does, which is what the watchdog is there to see.
    setInterval(() => {
      alive = true;
      sending ??= sendAll();
    }, interval).unref();
  }
  return {
    ready: (status) =>
      tell([...waiting.filter(([first]) => first === RELOADING), ['READY=1', `STATUS=${status}`]]),
    reloading: () => tell([[RELOADING, `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]]),
    stopping: () => tell([['STOPPING=1', 'STATUS=stopping']]),
    async flush(limit) {
      if (sending === null) return;
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limit);
      });
      await Promise.race([sending, over]);
      clearTimeout(timer);
    },
  };
}

/** A third of the time after which the manager takes this process for dead; null without a watchdog. */
function watchdogInterval({ env, pid }: ServiceManagerOptions): number | null {
  const { WATCHDOG_USEC = '', WATCHDOG_PID = String(pid) } = env;
  if (!/^[1-9]\d{0,14}$/.test(WATCHDOG_USEC) || WATCHDOG_PID !== String(pid)) return null;
  const third = Number(WATCHDOG_USEC) / 3_000;
  return Math.min(Math.max(third, SHORTEST), 2 ** 31 - 1);
}
