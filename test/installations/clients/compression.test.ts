import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Client, signIn } from '../../helpers/daemon/api.ts';
import { type Daemon, freePort, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { acceptsConnections, bareEnvironment, eventually, runProgram } from '../../helpers/daemon/process.ts';
import { hasRealParts, searchPath } from '../../helpers/peers/real-parts.ts';

const PATH = searchPath();
let daemon: Daemon;
let root: Client;
let remove: () => Promise<void>;
beforeAll(async () => {
  const prepared = await prepareDaemon();
  remove = prepared.remove;
  daemon = await startDaemon(prepared.dataDir);
  root = await signIn(daemon.url, superuser);
}, 60_000);
afterAll(async () => {
  await daemon?.stop('SIGKILL');
  await remove?.();
});

interface Compressing {
  name: string;
  program: string;
  config(port: number): string;
  start(directory: string): ChildProcess;
}

const proxies: Compressing[] = [
  {
    name: 'nginx with gzip',
    program: 'nginx',
    config: (port) => `
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      daemon off;
      pid nginx.pid;
      error_log stderr;
      events {}
      http {
        access_log off;
        client_body_temp_path body; proxy_temp_path proxy;
        fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
        gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;
        server { listen 127.0.0.1:${port}; location / { proxy_pass ${daemon.url}; } }
      }`,
    start: (directory) => spawn('nginx', ['-p', directory, '-c', 'config', '-e', 'stderr'], { env: { PATH } }),
  },
  {
    name: 'Caddy with encode',
    program: 'caddy',
    config: (port) =>
      `{\n admin off\n}\n:${port} {\n bind 127.0.0.1\n encode {\n gzip\n minimum_length 1\n }\n reverse_proxy ${daemon.url}\n}\n`,
    start: (directory) =>
      spawn('caddy', ['run', '--config', join(directory, 'config'), '--adapter', 'caddyfile'], {
        env: bareEnvironment({ PATH, HOME: directory }),
      }),
  },
];

/** Starts a proxy that compresses everything, and returns its URL. */
async function startCompressing({ config, start }: Compressing): Promise<string> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'compression-'));
  await writeFile(join(directory, 'config'), config(port));
  const child = start(directory);
  onTestFinished(async () => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    await rm(directory, { recursive: true, force: true });
  });
  await eventually(() => acceptsConnections(port), 'the proxy to listen');
  return `http://127.0.0.1:${port}`;
}

describe.each(proxies)('behind $name', (proxy) => {
  const name = `app-${proxy.program}`;

  it.skipIf(!hasRealParts(proxy.program))('tokens apply creates, changes and removes', async () => {
    const url = await startCompressing(proxy);
    const env = { TOKENS_SERVER: url, TOKENS_SESSION: root.session };
    const apply = (apps: object[]) =>
      runProgram('tokens', ['apply', '-f', '-', '--prune', '--yes'], { env, input: JSON.stringify({ apps }) });
    const compressed = await fetch(`${url}/api/v1/apps`, { headers: { Authorization: `Bearer ${root.session}` } });
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    for (const apps of [[{ name }], [{ name, groups: ['a', 'b'] }], [{ name, groups: ['c'] }], []]) {
      expect(await apply(apps)).toMatchObject({ code: 0 });
    }
  });

  it.skipIf(!hasRealParts(proxy.program))('a client that accepts compression changes what it has read', async () => {
    const url = await startCompressing(proxy);
    const { id } = (await (await root.request('POST', '/apps', { name })).json()) as { id: string };
    const address = `${url}/api/v1/apps/${id}`;
    const authorization = { Authorization: `Bearer ${root.session}` };
    const read = await fetch(address, { headers: { ...authorization, 'Accept-Encoding': 'gzip' } });
    expect(read.headers.get('content-encoding')).toBe('gzip');
    const etag = read.headers.get('etag') ?? '';
    const change = (groups: string[]) =>
      fetch(address, {
        method: 'PATCH',
        headers: { ...authorization, 'Content-Type': 'application/json', 'If-Match': etag },
        body: JSON.stringify({ groups }),
      });
    expect([etag, (await change(['a'])).status]).toEqual([etag, 200]);
    expect((await change(['b'])).status).toBe(412);
    await root.request('DELETE', `/apps/${id}`);
  });
});
