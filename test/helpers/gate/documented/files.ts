import { createServer, type IncomingMessage } from 'node:http';
import { listen } from '../../app/http.ts';
import { commandLines } from '../../daemon/process.ts';

/** A server that clients reach through the gate. */
export interface ServedBehind {
  url: string;
  stop(): Promise<void>;
}

/** A file, or a function of the address under which the client reached the server. */
export type ServedFile = string | Buffer | ((url: string) => string);

/**
 * Serves files as a static package repository does. Responds 500 if the gate passed on the token, or if the token is an
 * argument of a program that runs now, because other users of the machine could read it.
 */
export async function serveFiles(files: Record<string, ServedFile>): Promise<ServedBehind> {
  const server = createServer((req, res) => {
    const mistake = findMistake(req);
    if (mistake !== null) return res.writeHead(500, mistake).end();
    const file = files[req.url ?? ''];
    if (file === undefined) return res.writeHead(404).end();
    res.setHeader('Content-Type', req.url?.endsWith('/') ? 'text/html' : 'application/octet-stream');
    return res.end(typeof file === 'function' ? file(`http://${req.headers.host}`) : file);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function findMistake({ headers }: IncomingMessage): string | null {
  const prefix = headers['x-auth-token-prefix'];
  if (typeof prefix !== 'string') return 'No identity';
  if (JSON.stringify({ ...headers, 'x-auth-token-prefix': '' }).includes(prefix)) return 'The token was passed on';
  return commandLines().some((line) => line.includes(prefix)) ? 'The token is an argument' : null;
}
