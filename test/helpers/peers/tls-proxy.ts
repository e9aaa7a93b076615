import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptsConnections, eventually } from '../daemon/process.ts';

const forward = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;';
const PATH = `${process.env.PATH ?? ''}:/usr/sbin`;

/**
 * Starts nginx with TLS and a self-signed certificate on this port. It connects to the daemon over plain HTTP.
 * `locations` are daemons below a path: nginx strips the path if the daemon's URL ends with a slash. `certificate` is the
 * certificate's file.
 */
export async function startTlsProxy(
  port: number,
  locations: string | Record<string, string>,
): Promise<{ certificate: string; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-tls-'));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', 'key.pem', '-out', 'cert.pem'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    cwd: directory,
    stdio: 'ignore',
  });
  const config = `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    pid nginx.pid;
    events {}
    http {
      access_log off;
      client_body_temp_path body; proxy_temp_path proxy;
      fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${join(directory, 'cert.pem')};
        ssl_certificate_key ${join(directory, 'key.pem')};
        ${Object.entries(typeof locations === 'string' ? { '/': locations } : locations)
          .map(([path, daemonUrl]) => `location ${path} { proxy_pass ${daemonUrl}; ${forward} }`)
          .join('\n')}
      }
    }`;
  await writeFile(join(directory, 'nginx.conf'), config);
  const child = spawn('nginx', ['-p', directory, '-c', 'nginx.conf', '-e', 'stderr'], { env: { PATH } });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    output += more;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`nginx: ${output}`);
    return acceptsConnections(port);
  }, 'nginx to listen');
  return {
    certificate: join(directory, 'cert.pem'),
    async stop() {
      child.kill('SIGTERM');
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
