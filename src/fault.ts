/**
 * Every failure that a person or a client can act on, with the exit code of the process
 * (sysexits.h) and the HTTP status. Any other thrown value is a bug and keeps its stack.
 */
const FAULTS = {
  // The command line and the configuration
  USAGE: { exit: 64, status: 500 },
  CONFIG: { exit: 78, status: 500 },
  CANNOT_LISTEN: { exit: 69, status: 500 },
  NO_DAEMON: { exit: 69, status: 500 },
  // The storage
  IO: { exit: 74, status: 500 },
  PERMISSION: { exit: 77, status: 500 },
  CATALOG_CORRUPT: { exit: 74, status: 500 },
  CATALOG_TOO_NEW: { exit: 78, status: 500 },
  DIRECTORY_IN_USE: { exit: 69, status: 500 },
  NO_SPACE: { exit: 74, status: 507 },
  // Requests and uploads
  BAD_REQUEST: { exit: 64, status: 400 },
  NOT_FOUND: { exit: 66, status: 404 },
  GONE: { exit: 66, status: 410 },
  UNAUTHORIZED: { exit: 77, status: 401 },
  FORBIDDEN: { exit: 77, status: 403 },
  METHOD_NOT_ALLOWED: { exit: 64, status: 405 },
  CONFLICT: { exit: 1, status: 409 },
  VERSION_UNSUPPORTED: { exit: 64, status: 412 },
  TOO_LARGE: { exit: 64, status: 413 },
  MEDIA_TYPE: { exit: 64, status: 415 },
  TIMEOUT: { exit: 1, status: 408 },
  LOCKED: { exit: 1, status: 423 },
  LIMITED: { exit: 1, status: 429 },
  CHECKSUM_MISMATCH: { exit: 1, status: 460 },
  REFUSED: { exit: 1, status: 400 },
  HOOK_FAILED: { exit: 1, status: 502 },
  HOOK_OVERDUE: { exit: 1, status: 504 },
  UNAVAILABLE: { exit: 74, status: 503 },
  // Other servers: EX_TEMPFAIL (the same command may succeed later) and EX_PROTOCOL
  UNREACHABLE: { exit: 75, status: 502 },
  PROTOCOL: { exit: 76, status: 502 },
  // A file that was altered while it was read
  CHANGED: { exit: 1, status: 409 },
} as const;

export type FaultCode = keyof typeof FAULTS;

export interface FaultOptions {
  /** What the person can do about it: one sentence. */
  hint?: string;
  /** Several problems, a sentence each; the message then ends with a colon. */
  details?: readonly string[];
  /** Overrides the table's HTTP status; only for src/protocol and src/http. */
  status?: number;
  /** Response headers for this error; only for src/protocol and src/http. */
  headers?: Readonly<Record<string, string>>;
  /** How many seconds to wait before a retry. */
  retryAfter?: number;
  /** The current offset, for a client that sent a wrong one. */
  offset?: number;
  /** One sentence that clients get instead of the message, which may name paths and settings. */
  publicMessage?: string;
  cause?: unknown;
}

/** A known failure: a code, one sentence that says what happened, and a hint what to do. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  /** The sentence without the details. One line, unless it contains an untrusted name. */
  readonly title: string;
  readonly details: readonly string[];
  readonly hint: string | undefined;
  readonly exitCode: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfter: number | undefined;
  readonly offset: number | undefined;
  readonly publicMessage: string | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    const { cause, details = [] } = options;
    const text = [message, ...details.map((detail) => `  ${detail}`)].join('\n');
    super(text, cause === undefined ? undefined : { cause });
    this.code = code;
    this.title = message;
    this.details = details;
    this.hint = options.hint;
    this.exitCode = FAULTS[code].exit;
    this.status = options.status ?? FAULTS[code].status;
    this.headers = options.headers ?? {};
    this.retryAfter = options.retryAfter;
    this.offset = options.offset;
    this.publicMessage = options.publicMessage;
  }
}

/** An error's message, or the thrown value as text, for a log line or a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error's stack if it has one, otherwise its message; for unexpected errors. */
export function stackOf(error: unknown): string {
  return (error instanceof Error && error.stack) || messageOf(error);
}

/** The errno name of a system error ("ENOSPC"), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Turns a file system error into a Fault with a sentence; anything else passes unchanged. */
export function fileFault(error: unknown, doing: string): unknown {
  if (error instanceof Fault) return error;
  const errno = errnoOf(error);
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Fault('NO_SPACE', `no space left on the disk while ${doing}`, {
        hint: 'Free some space or remove old uploads: tusd-ts cleanup --dry-run',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Fault('PERMISSION', `not permitted (${errno}) while ${doing}`, {
        hint: 'Give the user who runs tusd-ts write access to the upload directory.',
        cause: error,
      });
    case 'EMFILE':
    case 'ENFILE':
      return new Fault('UNAVAILABLE', `${errno} while ${doing}`, {
        hint: 'Too many files are open: raise the limit (ulimit -n, LimitNOFILE=) or lower maxConnections.',
        retryAfter: 5,
        publicMessage: 'the server is busy; try again in a moment',
        cause: error,
      });
    default:
      // Errors of a system call about the disk; EBADF and EINVAL would be bugs of this program.
      if (!/^E[A-Z0-9]+$/.test(errno ?? '') || errno === 'EBADF' || errno === 'EINVAL')
        return error;
      return new Fault('IO', `${errno} while ${doing}`, { cause: error });
  }
}
