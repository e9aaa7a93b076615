import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../app/http.ts';
import { bareEnvironment } from '../daemon/process.ts';

export interface GitServer {
  url: string;
  /** The members who reached the server, as `X-Auth-User` named them. */
  users: Set<string>;
  stop(): Promise<void>;
}

/** Serves the repositories of a directory with `git http-backend`, a CGI program. It accepts a push from any named user. */
export async function startGitServer(directory: string): Promise<GitServer> {
  const users = new Set<string>();
  const server = createServer((req, res) => {
    const user = String(req.headers['x-auth-user'] ?? '');
    users.add(user);
    runBackend(directory, user, req, res);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    users,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function runBackend(directory: string, user: string, req: IncomingMessage, res: ServerResponse): void {
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://git.invalid');
  const { headers } = req;
  const env = bareEnvironment({
    GIT_PROJECT_ROOT: directory,
    GIT_HTTP_EXPORT_ALL: '1',
    REMOTE_USER: user,
    PATH_INFO: pathname,
    QUERY_STRING: searchParams.toString(),
    REQUEST_METHOD: req.method ?? '',
    CONTENT_TYPE: headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
    HTTP_GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    ...(headers['content-length'] !== undefined && { CONTENT_LENGTH: headers['content-length'] }),
  });
  const backend = spawn('git', ['-c', 'safe.directory=*', 'http-backend'], { env });
  backend.stdin.on('error', () => {});
  req.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    backend.stdout.off('data', readHead);
    const fields = head.toString('latin1', 0, end).split('\r\n');
    const pairs = fields.map((field) => field.split(': ', 2) as [string, string]);
    const status = pairs.find(([name]) => name === 'Status')?.[1];
    res.writeHead(Number(status?.slice(0, 3) ?? 200), pairs.filter(([name]) => name !== 'Status').flat());
    res.write(head.subarray(end + 4));
    backend.stdout.pipe(res);
  };
  // git starts its response before it has read the request. Proxies stop forwarding a body once a response begins.
  req.once('end', () => backend.stdout.on('data', readHead));
  backend.stdout.once('end', () => res.end());
}
