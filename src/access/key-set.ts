import type * as Jose from 'jose';

/** How long the issuer may take to answer, and until keys are fetched anew (milliseconds). */
const TIMEOUT = 5_000;
const FRESH_FOR = 600_000;
/** The shortest time between two fetches: a token with an invented key must not cause one each. */
const COOLDOWN = 5_000;
/** Keys that were fetched count for this long while the issuer cannot be reached (milliseconds). */
const STALE_FOR = 24 * 3_600_000;
/** The largest key set (bytes). */
const LARGEST = 256 * 1024;

/**
 * The keys behind a JWKS URL (RFC 7517): fetched when first needed, again after a while, and when a
 * token names a key that is not among them. Redirects are not followed. While the issuer is down,
 * the keys that were fetched last count for a day. Throws an error without a code of jose when no
 * keys can be had.
 */
export function fetchKeySet(jose: typeof Jose, url: URL): Jose.JWTVerifyGetKey {
  const set = jose.createRemoteJWKSet(url, {
    timeoutDuration: TIMEOUT,
    cacheMaxAge: FRESH_FOR,
    cooldownDuration: COOLDOWN,
    [jose.customFetch]: fetchSmall,
  });
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let problem = '';
  return async (header, token) => {
    const before = performance.now();
    // It failed a moment ago: not every request waits for the timeout again.
    const failing = before - failedAt < COOLDOWN;
    try {
      if (failing && !set.fresh) throw new Error(problem);
      const key = await set(header, token);
      if (set.coolingDown) fetchedAt = performance.now();
      return key;
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (code.startsWith('ERR_JWKS_') && code.endsWith('MATCHING_KEY')) throw error;
      if (code.startsWith('ERR_JWKS_') && code.endsWith('MATCHING_KEYS')) throw error;
      if (!failing) {
        failedAt = performance.now();
        problem = `${url.host}: ${reasonOf(error)}`;
      }
      const old = set.jwks();
      if (old && before - fetchedAt < STALE_FOR) return jose.createLocalJWKSet(old)(header, token);
      throw new Error(problem, { cause: error });
    }
  };
}

/** Like fetch, but refuses an answer that is too large while it arrives. */
const fetchSmall: Jose.FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`the answer has the status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > LARGEST) throw new Error(`the answer is larger than ${LARGEST} bytes`);
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: 200 });
};

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code === undefined ? message : `${message} (${cause.code})`;
}
