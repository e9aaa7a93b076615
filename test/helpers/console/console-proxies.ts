import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fields } from '../app/http.ts';
import { freePort } from '../daemon/daemon.ts';
import { acceptsConnections, bareEnvironment, eventually } from '../daemon/process.ts';
import { selfSignedCertificate } from '../peers/certificate.ts';
import { hasRealParts, searchPath } from '../peers/real-parts.ts';

const examples = join(import.meta.dirname, '..', '..', '..', 'examples', 'console');
const hostName = 'tokens.example.com';
const PATH = searchPath();

/** A proxy in front of the console, for which the project ships a configuration. */
export interface ConsoleProxy {
  name: string;
  skip: boolean;
  /** Starts it with TLS in front of a daemon. `edit` changes the shipped configuration. */
  start(daemonPort: number, edit?: (text: string) => string): Promise<RunningConsole>;
}

export interface RunningConsole {
  /** Sends a request whose target and header fields arrive as they are. */
  send(target: string, options?: { method?: string; headers?: Fields; body?: string }): Promise<ConsoleResponse>;
  stop(): Promise<void>;
}

export interface ConsoleResponse {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

export const consoleProxies: readonly ConsoleProxy[] = [
  {
    name: 'nginx',
    skip: !hasRealParts('nginx', 'openssl'),
    start: (daemonPort, edit) =>
      startProxy('nginx.conf', daemonPort, edit, async (directory, port, text) => {
        const site = text
          .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
          .replaceAll('/etc/ssl/tokens.example.com.', `${directory}/cert.`);
        const config = `
          ${process.getuid?.() === 0 ? 'user root;' : ''}
          daemon off; pid nginx.pid; error_log stderr; events {}
          http {
            access_log off;
            client_body_temp_path body; proxy_temp_path proxy;
            fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            ${site}
          }`;
        await writeFile(join(directory, 'main.conf'), config);
        return spawn('nginx', ['-p', directory, '-c', 'main.conf', '-e', 'stderr'], { env: { PATH } });
      }),
  },
  {
    name: 'Caddy',
    skip: !hasRealParts('caddy', 'openssl'),
    start: (daemonPort, edit) =>
      startProxy('Caddyfile', daemonPort, edit, async (directory, port, text) => {
        const site = text.replace(
          `${hostName} {`,
          `https://${hostName}:${port} {\n\tbind 127.0.0.1\n\ttls ${directory}/cert.pem ${directory}/cert.key`,
        );
        const file = join(directory, 'Caddyfile');
        await writeFile(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
        const env = bareEnvironment({ PATH, HOME: directory });
        return spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { env });
      }),
  },
];

async function startProxy(
  example: string,
  daemonPort: number,
  edit: (text: string) => string = (text) => text,
  spawnProxy: (directory: string, port: number, text: string) => Promise<ChildProcess>,
): Promise<RunningConsole> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-console-proxy-'));
  const { cert, key } = selfSignedCertificate(hostName);
  await writeFile(join(directory, 'cert.pem'), cert);
  await writeFile(join(directory, 'cert.key'), key);
  const port = await freePort();
  const shipped = await readFile(join(examples, example), 'utf8');
  const child = await spawnProxy(
    directory,
    port,
    edit(shipped).replaceAll('127.0.0.1:8420', `127.0.0.1:${daemonPort}`),
  );
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (more: string) => {
    output += more;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`${example}: ${output}`);
    return acceptsConnections(port);
  }, `the proxy of ${example}`);
  return {
    send: (path, { method = 'GET', headers = [], body } = {}) =>
      new Promise((resolve, reject) => {
        const fields = [['Host', hostName], ...headers];
        if (body !== undefined) fields.push(['Content-Length', String(Buffer.byteLength(body))]);
        const outgoing = request(
          {
            host: '127.0.0.1',
            port,
            servername: hostName,
            ca: cert,
            agent: false,
            path,
            method,
            headers: fields.flat(),
          },
          async (response) => {
            const chunks = await response.toArray();
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
          },
        );
        outgoing.on('error', reject).end(body);
      }),
    async stop() {
      child.kill('SIGTERM');
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
