import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, start } from './run.mjs';

const shipped = new URL('../../examples/nginx.conf', import.meta.url);

/** Starts nginx with the shipped configuration. Only addresses and the path of the log are replaced. */
export async function startNginx({ directory, port, daemonUrl, upstreamUrl }) {
  const home = join(directory, 'nginx');
  await mkdir(home, { recursive: true });
  const server = (await readFile(shipped, 'utf8'))
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replace('/var/log/nginx/access.log', `${home}/access.log`)
    .replace('127.0.0.1:8420', new URL(daemonUrl).host)
    .replace('127.0.0.1:3000', new URL(upstreamUrl).host);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  );
  await writeFile(
    join(home, 'nginx.conf'),
    `daemon off; pid ${home}/nginx.pid; error_log ${home}/error.log; worker_processes 1;
events {}
http { access_log off; ${paths.join(' ')}
${server}
}
`,
  );
  const child = start('nginx', ['-p', home, '-c', 'nginx.conf', '-e', join(home, 'error.log')], { stdio: 'ignore' });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const url = `http://127.0.0.1:${port}`;
  await eventually('nginx listens', async () => {
    if (child.exitCode !== null) throw new Error(await readFile(join(home, 'error.log'), 'utf8'));
    return fetch(url).then(
      () => true,
      () => false,
    );
  });
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
