import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// A hook's receiver that takes everything; GET tells how much that was.
let taken = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(String(taken));
    return;
  }
  request.resume().once('end', () => {
    taken += 1;
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events`);
});
