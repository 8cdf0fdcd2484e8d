import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { configFolder, FILE, loadIn } from './config-folder.ts';

test('the defaults are what a start without any configuration needs', async (t) => {
  const folder = await configFolder(t);
  const { config } = await loadIn(folder);
  assert.deepEqual(config, {
    port: 1080,
    host: '127.0.0.1',
    listen: [],
    socketMode: 0o660,
    socketGroup: null,
    uploadDir: join(folder, 'uploads'),
    storage: { type: 'local' },
    database: null,
    basePath: '/uploads/files/',
    corsOrigins: ['*'],
    retentionMs: 86_400_000,
    completedRetentionMs: null,
    cleanupSchedule: '0 * * * *',
    maxSize: null,
    maxTotalSize: null,
    maxOpenUploads: null,
    maxOpenUploadsPerAddress: null,
    maxCreationsPerMinute: null,
    maxCreationsPerMinutePerAddress: null,
    maxBytesPerDay: null,
    maxBytesPerDayPerAddress: null,
    maxBandwidth: null,
    maxBandwidthPerConnection: null,
    clientExpiryMs: null,
    clientDownloads: false,
    minFreeSpace: 268_435_456,
    fileMode: 0o600,
    directoryMode: 0o700,
    fileGroup: null,
    publicUrl: null,
    tlsCertificates: [],
    tlsKeys: [],
    hstsMs: 180 * 24 * 3_600_000,
    trustedProxies: [],
    auth: null,
    adminListen: null,
    publicHealth: false,
    logFormat: 'text',
    logLevel: 'info',
    fsync: 'completed',
    idleTimeoutMs: 60_000,
    headersTimeoutMs: 30_000,
    keepAliveTimeoutMs: 75_000,
    maxHeaderSize: 65_536,
    drainTimeoutMs: 8_000,
    maxConnections: 10_000,
    disableDownload: false,
    disableTermination: false,
    directBodies: 131_072,
    hooks: [],
    deliver: [],
    storageRoot: null,
    hookConcurrency: 16,
  });
});

test('a flag beats a variable, a variable the file, and the file the default', async (t) => {
  const folder = await configFolder(t, { [FILE]: { port: 1, host: '10.0.0.1', fsync: 'always' } });
  const env = { UPLOAD_DAEMON_PORT: '2', UPLOAD_DAEMON_HOST: '10.0.0.2' };
  const { config, sources } = await loadIn(folder, { env, flags: { port: '3' } });
  assert.equal(config.port, 3);
  assert.deepEqual(sources.port, { value: 3, source: 'flag', where: '--port' });
  assert.equal(config.host, '10.0.0.2');
  assert.deepEqual(sources.host, {
    value: '10.0.0.2',
    source: 'environment',
    where: 'UPLOAD_DAEMON_HOST',
  });
  assert.equal(config.fsync, 'always');
  assert.deepEqual(sources.fsync, { value: 'always', source: 'file', where: join(folder, FILE) });
  assert.deepEqual(sources.maxSize, { value: 'unlimited', source: 'default', where: 'default' });
});

test('a list from a higher place replaces a list from a lower one', async (t) => {
  const folder = await configFolder(t, { [FILE]: { corsOrigins: ['https://file.example'] } });
  const env = { UPLOAD_DAEMON_CORS_ORIGINS: 'https://a.example, https://b.example' };
  assert.deepEqual((await loadIn(folder, { env })).config.corsOrigins, [
    'https://a.example',
    'https://b.example',
  ]);
  const flags = { corsOrigins: ['https://flag.example'] };
  assert.deepEqual((await loadIn(folder, { env, flags })).config.corsOrigins, [
    'https://flag.example',
  ]);
});

test('every kind of value can come from the environment', async (t) => {
  const env = {
    UPLOAD_DAEMON_PORT: '0',
    UPLOAD_DAEMON_RETENTION_DAYS: '0.5',
    UPLOAD_DAEMON_COMPLETED_RETENTION_DAYS: 'never',
    UPLOAD_DAEMON_CLEANUP_SCHEDULE: 'never',
    UPLOAD_DAEMON_MAX_SIZE: '10GiB',
    UPLOAD_DAEMON_MIN_FREE_SPACE: '0',
    UPLOAD_DAEMON_IDLE_TIMEOUT: '1m30s',
    UPLOAD_DAEMON_DISABLE_DOWNLOAD: 'true',
    UPLOAD_DAEMON_DISABLE_TERMINATION: 'false',
    UPLOAD_DAEMON_TRUSTED_PROXIES: '10.0.0.0/8,::1',
    HOME: '/root',
    UPLOAD_DAEMON_HOST: undefined,
  };
  const { config } = await loadIn(await configFolder(t), { env });
  assert.equal(config.port, 0);
  assert.equal(config.retentionMs, 43_200_000);
  assert.equal(config.completedRetentionMs, null);
  assert.equal(config.cleanupSchedule, null);
  assert.equal(config.maxSize, 10 * 1024 ** 3);
  assert.equal(config.minFreeSpace, null);
  assert.equal(config.idleTimeoutMs, 90_000);
  assert.equal(config.disableDownload, true);
  assert.equal(config.disableTermination, false);
  assert.deepEqual(config.trustedProxies, ['10.0.0.0/8', '::1']);
  assert.equal(config.host, '127.0.0.1');
});

test('every kind of value can come from flags', async (t) => {
  const { config, sources } = await loadIn(await configFolder(t), {
    flags: {
      retentionDays: '2',
      maxSize: '1048576',
      disableDownload: true,
      trustedProxies: ['10.0.0.1', '10.0.0.2'],
      publicUrl: 'https://files.example.org/u',
    },
  });
  assert.equal(config.retentionMs, 172_800_000);
  assert.equal(config.maxSize, 1_048_576);
  assert.equal(config.disableDownload, true);
  assert.deepEqual(config.trustedProxies, ['10.0.0.1', '10.0.0.2']);
  assert.equal(config.publicUrl, 'https://files.example.org/u/');
  assert.equal(sources.trustedProxies.where, '--trusted-proxy');
});

test("a relative uploadDir counts from the file's folder if the file names it, else from the cwd", async (t) => {
  const folder = await configFolder(t, { [FILE]: { uploadDir: 'store' } });
  const cwd = join(folder, 'inner');
  await mkdir(cwd);
  const configPath = `../${FILE}`;
  const fromFile = await loadIn(cwd, { configPath });
  assert.equal(fromFile.config.uploadDir, join(folder, 'store'));
  assert.equal(fromFile.sources.uploadDir.value, join(folder, 'store'));
  const env = { UPLOAD_DAEMON_UPLOAD_DIR: './store' };
  assert.equal((await loadIn(cwd, { configPath, env })).config.uploadDir, join(cwd, 'store'));
  const flags = { uploadDir: '/srv/x/../uploads' };
  assert.equal((await loadIn(cwd, { configPath, flags })).config.uploadDir, '/srv/uploads');
});

test('a file may leave the default of uploadDir, which then counts from the cwd', async (t) => {
  const folder = await configFolder(t, { [FILE]: {} });
  const cwd = join(folder, 'inner');
  await mkdir(cwd);
  const { config } = await loadIn(cwd, { configPath: `../${FILE}` });
  assert.equal(config.uploadDir, join(cwd, 'uploads'));
});

test('$schema is allowed and means nothing', async (t) => {
  const folder = await configFolder(t, { [FILE]: { $schema: './x.json', port: 5 } });
  const { config, sources } = await loadIn(folder);
  assert.equal(config.port, 5);
  assert.ok(!('$schema' in config) && !('$schema' in sources));
});
