import { createServer } from 'node:http';
import { listen } from '../../app/http.ts';
import type { ServedBehind } from './client.ts';

/** A file, or a function of the address under which the client reached the server. */
export type ServedFile = string | Buffer | ((url: string) => string);

/** Serves files as a static package repository does. */
export async function serveFiles(files: Record<string, ServedFile>): Promise<ServedBehind> {
  const server = createServer((req, res) => {
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
