import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { listen } from '../app/http.ts';
import { freePort } from '../daemon/daemon.ts';
import { bareEnvironment, eventually } from '../daemon/process.ts';
import { searchPath } from './real-parts.ts';

const examples = join(import.meta.dirname, '..', '..', '..', 'examples');
const PATH = searchPath();

export interface ProxyTargets {
  daemonUrl: string;
  upstreamUrl: string;
  /** The name of a configuration in `examples/`. Default: the plain one. */
  example?: string;
  /** Addresses of further servers in the configuration, such as `127.0.0.1:4180`, and the URLs that replace them. */
  others?: Readonly<Record<string, string>>;
  /** Changes the shipped configuration, as an operator might. */
  edit?(text: string): string;
}

/** Starts a proxy with its shipped configuration. */
export type StartProxy = (targets: ProxyTargets) => Promise<Running>;

export interface Running {
  port: number;
  /** The directory of its configuration and logs. */
  directory: string;
  /** Returns everything it has written to its standard error. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts an API that returns the method, path, headers and body of each request as JSON, and switches to h2c if asked. */
export async function startUpstream(): Promise<Omit<Running, 'directory' | 'output'> & { url: string }> {
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    req.on('end', () => {
      const received = { method: req.method, url: req.url, headers: req.headers, body };
      res.setHeader('Content-Type', 'application/json').end(JSON.stringify(received));
    });
  });
  server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  });
  const port = await listen(server);
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { port, url: `http://127.0.0.1:${port}`, stop };
}

/** Starts nginx with a shipped configuration. Only addresses and paths are replaced. */
export function startNginx(targets: ProxyTargets): Promise<Running> {
  return startProxy(targets, {
    example: 'nginx.conf',
    includes: 'nginx',
    replace: (port, directory) => [
      ['listen 8080', `listen 127.0.0.1:${port}`],
      ['/var/log/nginx/access.log', 'access.log'],
      ['/etc/nginx/tokensd/', `${directory}/`],
    ],
    async command(directory, example) {
      const config = `
        ${process.getuid?.() === 0 ? 'user root;' : ''}
        daemon off;
        pid nginx.pid;
        error_log stderr;
        events {}
        http {
          access_log off;
          client_body_temp_path body; proxy_temp_path proxy;
          fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          include ${join(directory, example)};
        }`;
      await writeFile(join(directory, 'main.conf'), config);
      return spawn('nginx', ['-p', directory, '-c', 'main.conf', '-e', 'stderr'], { env: { PATH } });
    },
  });
}

/** Starts Caddy with a shipped configuration. Only its addresses are replaced. */
export function startCaddy(targets: ProxyTargets): Promise<Running> {
  return startProxy(targets, {
    example: 'Caddyfile',
    replace: (port) => [[':8080 {', `:${port} {\n\tbind 127.0.0.1`]],
    async command(directory, example) {
      const file = join(directory, example);
      await writeFile(file, `{\n\tadmin off\n}\n${await readFile(file, 'utf8')}`);
      const env = bareEnvironment({ PATH, HOME: directory });
      return spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { env });
    },
  });
}

/** Starts HAProxy with a shipped configuration and its Lua script. Only addresses and the path of the script are replaced. */
export function startHaproxy(targets: ProxyTargets): Promise<Running> {
  return startProxy(targets, {
    example: 'haproxy.cfg',
    replace: (port) => [
      ['bind :8080', `bind 127.0.0.1:${port}`],
      ['/etc/haproxy/haproxy.lua', join(examples, 'haproxy.lua')],
    ],
    command: async (directory, example) => spawn('haproxy', ['-db', '-f', join(directory, example)], { env: { PATH } }),
  });
}

/** Starts Apache with a shipped configuration and its Lua script. Only addresses and the path of the script are replaced. */
export function startApache(targets: ProxyTargets): Promise<Running> {
  return startProxy(targets, {
    example: 'apache.conf',
    replace: (port, directory) => [
      ['Listen 8080', `Listen 127.0.0.1:${port}`],
      ['*:8080', `*:${port}`],
      ['/etc/apache2/apache.lua', join(directory, 'apache.lua')],
    ],
    async command(directory, example) {
      const modules = ['mpm_event', 'alias', 'authz_core', 'lua', 'proxy', 'proxy_http', 'setenvif'];
      const config = [
        ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
        `ServerRoot ${directory}`,
        'ServerName 127.0.0.1',
        `PidFile ${directory}/apache.pid`,
        `ErrorLog ${directory}/error.log`,
        'User www-data',
        'Group www-data',
        `Include ${directory}/${example}`,
      ];
      await writeFile(join(directory, 'main.conf'), `${config.join('\n')}\n`);
      // Its workers run as another user and read the script.
      await copyFile(join(examples, 'apache.lua'), join(directory, 'apache.lua'));
      await chmod(directory, 0o755);
      return spawn('apache2', ['-f', join(directory, 'main.conf'), '-D', 'FOREGROUND'], { env: { PATH } });
    },
  });
}

interface Proxy {
  /** The plain configuration. */
  example: string;
  /** The folder in `examples/` whose files the configurations include. */
  includes?: string;
  /** Returns texts of the example that belong to one machine and their replacements. The first must be there. */
  replace(port: number, directory: string): Array<[string, string]>;
  command(directory: string, example: string): Promise<ChildProcess>;
}

async function startProxy(targets: ProxyTargets, proxy: Proxy): Promise<Running> {
  const { daemonUrl, upstreamUrl, edit = (text) => text, others = {}, example = proxy.example } = targets;
  const directory = await mkdtemp(join(tmpdir(), 'tokens-proxy-'));
  const port = await freePort();
  const ofMachine = proxy.replace(port, directory);
  const servers = { '127.0.0.1:8420': daemonUrl, '127.0.0.1:3000': upstreamUrl, ...others };
  const replacements = [
    ...ofMachine,
    ...Object.entries(servers).map(([address, url]) => [address, new URL(url).host] as const),
  ];
  const write = async (name: string, text: string) => {
    const replaced = replacements.reduce(
      (text, [original, replacement]) => text.replaceAll(wholeAddress(original), () => replacement),
      text,
    );
    await writeFile(join(directory, basename(name)), replaced);
  };
  const shipped = await readFile(join(examples, example), 'utf8');
  const [listening = ''] = ofMachine[0] ?? [];
  if (!shipped.includes(listening)) throw new Error(`${example} does not contain “${listening}”`);
  await write(example, edit(shipped));
  const included = proxy.includes === undefined ? [] : await readdir(join(examples, proxy.includes));
  for (const name of included) await write(name, await readFile(join(examples, proxy.includes ?? '', name), 'utf8'));
  const child = await proxy.command(directory, example);
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (more: string) => {
    output += more;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`${example}: ${output}`);
    return fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).catch(() => null);
  }, `the proxy of ${example}`);
  return {
    port,
    directory,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Matches a text that no further digit follows: `127.0.0.1:3000`, but not the start of `127.0.0.1:30001`. */
function wholeAddress(text: string): RegExp {
  return new RegExp(`${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\d)`, 'g');
}
