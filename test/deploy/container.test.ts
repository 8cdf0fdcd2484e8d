import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { defaultLoaders } from 'cosmiconfig';
import { loadConfig } from '../../src/config/load.ts';
import { startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { DEPLOY } from './unit.ts';

const FOLDER = join(DEPLOY, 'container');
const run = promisify(execFile);

function textOf(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

/** The documents of a YAML file. */
// biome-ignore lint/suspicious/noExplicitAny: it is looked at piece by piece.
function yaml(name: string): any[] {
  return textOf(name)
    .split(/^---$/m)
    .map((document) => defaultLoaders['.yaml'](name, document));
}

/** The variables that the image sets. */
function imageVariables(): Record<string, string> {
  const [, text = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(textOf('Dockerfile')) ?? [];
  const pairs = text.matchAll(/(\w+)=(\S+)/g);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name!, value!]));
}

function settings(env: Record<string, string>) {
  return loadConfig({ cwd: '/', env, systemFolder: '/nonexistent' });
}

/** Runs the health check of the image; resolves with its exit code. */
async function health(port: number): Promise<number> {
  const env = { ...process.env, UPLOAD_DAEMON_PORT: String(port) };
  const script = join(FOLDER, 'healthcheck.mjs');
  return run(process.execPath, [script], { env }).then(
    () => 0,
    ({ code }) => code,
  );
}

test('the image serves its volume at all addresses, with an init, as no special user', async () => {
  const dockerfile = textOf('Dockerfile');
  const { config } = await settings(imageVariables());
  assert.deepEqual([config.host, config.uploadDir, config.port], ['0.0.0.0', '/data', 1080]);
  assert.match(dockerfile, /^VOLUME \/data$/m);
  assert.match(dockerfile, /^EXPOSE 1080$/m);
  assert.match(dockerfile, /^USER [1-9]\d*:[1-9]\d*$/m);
  assert.match(dockerfile, /^ENTRYPOINT \["tini", "--", "tusd-ts"\]$/m);
});

test('the health check of the image tells a daemon from none, and from one that stops', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const port = Number(new URL(daemon.url).port);
  assert.equal(await health(port), 0);
  await daemon.stop();
  assert.equal(await health(port), 1);
  const stopping = createServer((_, response) => response.writeHead(503).end()).listen(0);
  t.after(() => stopping.close());
  assert.equal(await health((stopping.address() as { port: number }).port), 1);
});

test('compose and Kubernetes give a drain its time, and nothing else to write to', async () => {
  const [compose] = yaml('compose.yaml');
  const { environment, stop_grace_period, read_only, volumes } = compose.services['tusd-ts'];
  const served = await settings({ ...imageVariables(), ...environment });
  assert.ok(Number.parseInt(stop_grace_period, 10) * 1000 >= served.config.drainTimeoutMs + 2_000);
  assert.equal(read_only, true);
  assert.deepEqual(volumes, ['uploads:/data']);
  assert.deepEqual(
    served.config.trustedProxies,
    compose.networks.front.ipam.config.map(({ subnet }: { subnet: string }) => subnet),
  );

  const [, deployment, service] = yaml('kubernetes.yaml');
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  const env = Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  const { config } = await settings({ ...imageVariables(), ...env });
  assert.ok(pod.terminationGracePeriodSeconds * 1000 >= config.drainTimeoutMs + 2_000);
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  assert.equal(pod.enableServiceLinks, false);
  // One daemon per directory: the old pod ends before the new one starts.
  assert.deepEqual([deployment.spec.replicas, deployment.spec.strategy.type], [1, 'Recreate']);
  assert.deepEqual(service.spec.selector, deployment.spec.template.metadata.labels);
});
