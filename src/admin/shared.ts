/**
 * Shares a result among all who ask within `fresh` milliseconds, so that many askers cost no more than one. A
 * failure is shared only while it is being made. `now` is a monotonic clock (milliseconds).
 */
export function shared<T>(
  make: () => Promise<T>,
  fresh: number,
  now: () => number,
): () => Promise<T> {
  let last: { readonly result: Promise<T>; madeAt: number | null } | undefined;
  return () => {
    if (last && (last.madeAt === null || now() - last.madeAt < fresh)) return last.result;
    const made = { result: make(), madeAt: null as number | null };
    last = made;
    made.result.then(
      () => {
        made.madeAt = now();
      },
      () => {
        if (last === made) last = undefined;
      },
    );
    return made.result;
  };
}
