import type { Server } from '@tus/server';

/** Serves until the parent disconnects: prints the URL, and removes expired uploads at each message. */
export function listen(server: Server, port: number): void {
  const listening = server.listen({ host: '127.0.0.1', port }, () => {
    const address = listening.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    console.log(`ready at http://127.0.0.1:${address.port}/files `);
  });
  process.on('message', async () => {
    await server.cleanUpExpiredUploads();
    process.send?.('swept');
  });
  process.on('disconnect', () => process.exit(0));
}
