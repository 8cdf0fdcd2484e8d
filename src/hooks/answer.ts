import { formatMetadata, parseMetadata } from '../storage/model/metadata.ts';
import { isUploadId } from '../storage/model/upload-id.ts';

/** A hook's answer in the format of tusd's HookResponse, validated. */
export interface HookAnswer {
  readonly rejectUpload: boolean;
  readonly rejectTermination: boolean;
  readonly rejectAccess: boolean;
  /** What a hook knows about who asks. */
  readonly access: AccessAnswer;
  readonly stopUpload: boolean;
  /** The id that the hook chose for the upload, or null. */
  readonly id: string | null;
  /** Replaces the upload's metadata, in storage's notation (text is null for none). */
  readonly metadata: { readonly text: string | null } | null;
  /** Where the hook wants the finished file; null when it does not say. */
  readonly storagePath: string | null;
  readonly response: {
    readonly status: number | null;
    readonly body: string | null;
    readonly headers: readonly (readonly [string, string])[];
  };
}

export interface AccessAnswer {
  /** The name of the principal, not validated, or null. */
  readonly principal: string | null;
  /** The only grants that count, not validated; null for all that the principal has. */
  readonly grants: readonly string[] | null;
  /** The largest upload (bytes), or null for no limit of its own. */
  readonly maxSize: number | null;
}

export type ReadAnswer = { readonly answer: HookAnswer } | { readonly problem: string };

/**
 * The metadata is sent back in a header (Upload-Metadata), and clients limit those (characters).
 */
const LONGEST_METADATA = 16 * 1024;

/**
 * Parses a hook's answer. An empty body (or 204) means no objection. Key names are matched in any
 * case, as in Go's JSON, because receivers written for tusd rely on it. The problem is a sentence
 * that begins with "its answer".
 */
export function readAnswer(text: string): ReadAnswer {
  let json: unknown = null;
  if (text.trim() !== '') {
    try {
      json = JSON.parse(text);
    } catch {
      return { problem: 'its answer is not JSON' };
    }
  }
  try {
    return { answer: answerOf(new Fields(json, 'its answer')) };
  } catch (error) {
    if (error instanceof Misfit) return { problem: error.message };
    throw error;
  }
}

function answerOf(fields: Fields): HookAnswer {
  const change = fields.object('ChangeFileInfo');
  const response = fields.object('HTTPResponse');
  const rejectUpload = fields.flag('RejectUpload');
  return {
    rejectUpload,
    rejectTermination: fields.flag('RejectTermination'),
    rejectAccess: fields.flag('RejectAccess'),
    access: accessOf(fields.object('Access')),
    stopUpload: fields.flag('StopUpload'),
    // The other wishes of a refusal are ignored, even if they are invalid.
    id: rejectUpload ? null : idOf(change),
    metadata: rejectUpload ? null : metadataOf(change),
    storagePath: rejectUpload ? null : change.object('Storage').text('Path') || null,
    response: {
      status: response.whole('StatusCode') || null,
      body: response.text('Body') || null,
      headers: response.texts('Header') ?? [],
    },
  };
}

function accessOf(fields: Fields): AccessAnswer {
  const maxSize = fields.whole('MaxSize');
  if (maxSize < 0) throw new Misfit('its answer sets an Access.MaxSize below 0');
  return {
    principal: fields.text('Principal') || null,
    grants: fields.list('Grants'),
    maxSize: maxSize || null,
  };
}

function idOf(change: Fields): string | null {
  const id = change.text('ID') || null;
  if (id === null || isUploadId(id)) return id;
  throw new Misfit(
    'its answer chooses an upload id that cannot be a file name (letters, digits, "_", "." and "-", at most 128)',
  );
}

function metadataOf(change: Fields): HookAnswer['metadata'] {
  const texts = change.texts('MetaData');
  if (texts === null) return null;
  const pairs = texts.map(([key, value]) => ({ key, value: Buffer.from(value, 'utf8') }));
  const text = formatMetadata(pairs);
  if (text !== null && text.length > LONGEST_METADATA) {
    throw new Misfit(`its answer sets more than ${LONGEST_METADATA} characters of metadata`);
  }
  try {
    if (text !== null) parseMetadata(text);
  } catch {
    throw new Misfit('its answer sets metadata with a key that is empty or not plain ASCII');
  }
  return { text };
}

class Misfit extends Error {}

/** The keys of an object in an answer; null means "absent", as in Go. */
class Fields {
  readonly #entries: readonly [string, unknown][];
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
      throw new Misfit(`${where} is not an object`);
    }
    this.#entries = Object.entries(value ?? {});
    this.#where = where;
  }

  #get(name: string): unknown {
    const same = (key: string) => key.toLowerCase() === name.toLowerCase();
    const found =
      this.#entries.find(([key]) => key === name) ?? this.#entries.find(([key]) => same(key));
    return found?.[1] ?? null;
  }

  flag(name: string): boolean {
    const value = this.#get(name);
    if (value === null || typeof value === 'boolean') return value ?? false;
    throw new Misfit(`${this.#where} has a ${name} that is neither true nor false`);
  }

  text(name: string): string {
    const value = this.#get(name);
    if (value === null || typeof value === 'string') return value ?? '';
    throw new Misfit(`${this.#where} has a ${name} that is not text`);
  }

  whole(name: string): number {
    const value = this.#get(name) ?? 0;
    if (Number.isSafeInteger(value)) return value as number;
    throw new Misfit(`${this.#where} has a ${name} that is not a whole number`);
  }

  object(name: string): Fields {
    return new Fields(this.#get(name), `${this.#where} has a ${name} that`);
  }

  /** A list of texts; null when absent. */
  list(name: string): string[] | null {
    const value = this.#get(name);
    const isTexts = Array.isArray(value) && value.every((item) => typeof item === 'string');
    if (value === null || isTexts) return value as string[] | null;
    throw new Misfit(`${this.#where} has a ${name} that is not a list of texts`);
  }

  /** An object with string values; null when absent. */
  texts(name: string): [string, string][] | null {
    const value = this.#get(name);
    if (value === null) return null;
    const pairs = new Fields(value, `${this.#where} has a ${name} that`).#entries;
    for (const [key, item] of pairs) {
      if (typeof item === 'string') continue;
      throw new Misfit(`${this.#where} has a ${name} with ${JSON.stringify(key)} that is not text`);
    }
    return pairs as [string, string][];
  }
}
