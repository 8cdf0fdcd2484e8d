// Exits with 0 if the daemon in this container takes requests: it answers OPTIONS with 204, and with 503
// while it stops.
import { request } from 'node:http';

const { UPLOAD_DAEMON_PORT: port = '1080', UPLOAD_DAEMON_BASE_PATH: path = '/uploads/files/' } =
  process.env;
const asking = request(
  { host: '127.0.0.1', port, path, method: 'OPTIONS', timeout: 4_000 },
  ({ statusCode }) => process.exit(statusCode === 204 ? 0 : 1),
);
asking.once('timeout', () => process.exit(1));
asking.once('error', () => process.exit(1));
asking.end();
