/** What a hook can ask to be told; those that begin with "pre-" wait for its answer. */
export type HookEvent =
  | 'pre-create'
  | 'pre-finish'
  | 'pre-terminate'
  | 'post-create'
  | 'post-receive'
  | 'post-finish'
  | 'post-terminate'
  | 'post-expire';

interface HookCommon {
  readonly name: string;
  readonly events: readonly HookEvent[];
  /** How long one attempt may take (milliseconds). */
  readonly timeoutMs: number;
  /** What a "pre-" event does when the hook fails. */
  readonly onError: 'reject' | 'allow';
  /** How long a delivery is tried, from its first attempt on, before it counts as dead (milliseconds). */
  readonly maxAgeMs: number;
}

/** A receiver that gets a POST. */
export interface HttpHook extends HookCommon {
  readonly type: 'http';
  readonly url: string;
  /** Each "whsec_…"; every one signs. */
  readonly secrets: readonly string[];
  /** Request headers of the hook's own, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names (lower case) of headers of the client's request that are sent on. */
  readonly forwardHeaders: readonly string[];
}

/** A program that is run. */
export interface CommandHook extends HookCommon {
  readonly type: 'command';
  readonly command: string;
  readonly args: readonly string[];
}

export type Hook = HttpHook | CommandHook;

/** The events that become rows of the outbox. */
export const RECORDED_EVENTS = [
  'post-create',
  'post-finish',
  'post-terminate',
  'post-expire',
] as const satisfies readonly HookEvent[];
