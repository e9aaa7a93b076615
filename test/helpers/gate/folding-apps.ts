import { chmod } from 'node:fs/promises';
import type { ClientHome } from './client-programs.ts';
import type { ServedBehind } from './documented/client.ts';
import { startServerProgram } from './documented/server-program.ts';

/** A server that turns the names of header fields into names of variables, as CGI (RFC 3875 §4.1.18) does. */
export interface FoldingApp {
  name: string;
  /** The programs that must be installed. */
  parts: readonly string[];
  /** The characters that it takes for a hyphen, and the hyphen. */
  folds: readonly string[];
  /** Starts an app that returns its variables `HTTP_X…`, one a line. */
  start(home: ClientHome): Promise<ServedBehind>;
}

const wsgi = `
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass

def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain; charset=latin1')])
    return [f'{name}={value}\\n'.encode('latin1') for name, value in environ.items() if name.startswith('HTTP_X')]

make_server('127.0.0.1', int(sys.argv[1]), app, handler_class=Quiet).serve_forever()
`;

const cgi = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
env | grep '^HTTP_X'
exit 0
`;

export const foldingApps: readonly FoldingApp[] = [
  {
    name: 'WSGI in Python',
    parts: ['python3'],
    folds: ['-', '_'],
    async start(home) {
      const program = await home.write('app.py', wsgi);
      return startServerProgram(home, '/usr/bin/python3', (port) => [program, String(port)]);
    },
  },
  {
    name: 'CGI in lighttpd',
    parts: ['lighttpd'],
    folds: [..."-_.!#$%&'*+^`|~"],
    async start(home) {
      await chmod(await home.write('app.cgi', cgi), 0o700);
      const configuration = (port: number) => `
        server.document-root = "${home.directory}"
        server.bind = "127.0.0.1"
        server.port = ${port}
        server.modules = ("mod_rewrite", "mod_cgi")
        url.rewrite-once = (".*" => "/app.cgi")
        cgi.assign = (".cgi" => "")
      `;
      const script = 'printf %s "$1" >lighttpd.conf && PATH="$PATH:/usr/sbin" && exec lighttpd -D -f lighttpd.conf';
      return startServerProgram(home, 'sh', (port) => ['-c', script, 'sh', configuration(port)]);
    },
  },
];
