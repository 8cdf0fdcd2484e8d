/**
 * Writes bytes to standard output as they are. Resolves when they are taken. Rejects with EPIPE when
 * the reader has gone.
 */
export function writeStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
