import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { startMailbox } from './mailbox.mjs';
import { startNginx } from './nginx.mjs';
import { eventually, run, start } from './run.mjs';

const superuser = { email: 'grace@example.com', password: 'correct horse battery staple' };

/** Starts a mail server, a daemon with its first superuser, and a protected API. */
export async function startWorld(directory) {
  const stops = [];
  try {
    const mailbox = await startMailbox();
    stops.unshift(mailbox.stop);
    const daemon = await startDaemon(directory, mailbox.url);
    stops.unshift(daemon.stop);
    const api = await startApi(directory, daemon.url);
    stops.unshift(api.stop);
    return { directory, mailbox, daemon, api, superuser, stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function stopAll(stops) {
  for (const stop of stops) await stop();
}

async function startDaemon(directory, smtpUrl) {
  const port = await freePort();
  const env = {
    TOKENSD_LISTEN: `127.0.0.1:${port}`,
    TOKENSD_DATA_DIR: join(directory, 'daemon'),
    TOKENSD_SMTP_URL: smtpUrl,
    TOKENSD_ORGANIZATION: 'Example Corp',
  };
  const created = await run('tokensd', ['init', '--email', superuser.email, '--name', 'Grace', '--password-stdin'], {
    env,
    input: superuser.password,
  });
  if (created.code !== 0) throw new Error(created.output);

  const child = start('tokensd', ['serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await eventually('the daemon listens', () => {
    if (child.exitCode !== null) throw new Error(log);
    return log.includes('"msg":"listening"');
  });
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** Starts the sample API, behind nginx if nginx is installed. Otherwise the API asks the daemon about each request itself. */
async function startApi(directory, daemonUrl) {
  const hasNginx = await run('nginx', ['-v']).then(
    ({ code }) => code === 0,
    () => false,
  );
  const upstream = await startUpstream(hasNginx ? null : daemonUrl);
  if (!hasNginx) return { ...upstream, behind: 'asking /verify/forward-auth itself (nginx is not installed)' };
  const nginx = await startNginx({ directory, port: await freePort(), daemonUrl, upstreamUrl: upstream.url });
  return {
    url: nginx.url,
    behind: 'behind nginx',
    async stop() {
      await nginx.stop();
      await upstream.stop();
    },
  };
}

async function startUpstream(daemonUrl) {
  const server = createServer(async (request, response) => {
    const verdict = daemonUrl === null ? null : await askDaemon(daemonUrl, request);
    if (verdict !== null && verdict.status !== 200) {
      const reason = verdict.headers.get('x-tokens-reason') ?? '';
      response.writeHead(verdict.status, { 'X-Tokens-Reason': reason }).end(await verdict.text());
      return;
    }
    const user = verdict?.headers.get('x-auth-user') ?? request.headers['x-auth-user'];
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ build: 42, you: user }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function askDaemon(daemonUrl, request) {
  const headers = {
    'X-Forwarded-Method': request.method,
    'X-Forwarded-Uri': request.url,
    'X-Forwarded-For': request.socket.remoteAddress,
    'User-Agent': request.headers['user-agent'] ?? '',
  };
  if (request.headers.authorization) headers.Authorization = request.headers.authorization;
  return fetch(`${daemonUrl}/verify/forward-auth`, { headers });
}

async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}
