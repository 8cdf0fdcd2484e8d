/** A promise that resolves after some milliseconds, unless it is cleared. */
export function after(milliseconds: number): { readonly promise: Promise<void>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return { promise, clear: () => clearTimeout(timer) };
}
