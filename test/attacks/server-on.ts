import type { Config } from '../../server/config.ts';
import { createIntrospectionHandler } from '../../server/http/oauth/introspection.ts';
import { createHttpServer } from '../../server/http/server.ts';
import { createVerifyHandler } from '../../server/http/verify/handler.ts';
import { type Member, openTestApp } from '../helpers/app.ts';
import { type Answer, exchange, type Fields, listen, type Send, send, type TestServer } from '../helpers/http.ts';
import { sessionCookieName } from '../helpers/pages.ts';
import type { TestStore } from '../helpers/store.ts';

export type Server = Omit<TestServer, 'issue'>;

/** The whole daemon behind a real socket, on that store. */
export async function startServerOn(opened: Promise<TestStore>, settings: Partial<Config> = {}): Promise<Server> {
  const daemon = await openTestApp(settings, opened);
  const handlers = {
    verifyHandler: createVerifyHandler(daemon.deps),
    introspectionHandler: createIntrospectionHandler(daemon.deps),
  };
  const server = createHttpServer({ ...handlers, app: daemon.app });
  const port = await listen(server);
  return {
    ...daemon,
    server,
    port,
    send: (options: Send) => send(port, options),
    exchange: (bytes: string, ms?: number) => exchange(port, bytes, ms),
    async stop() {
      server.close();
      server.closeAllConnections();
      await daemon.close();
    },
  };
}

/** A request of the native API through the socket. */
export function call(server: Server, as: Member, method: string, path: string, json?: unknown): Promise<Answer> {
  const headers: Fields = [
    ['Authorization', `Bearer ${as.session}`],
    ...(json === undefined ? [] : [['Content-Type', 'application/json'] as const]),
  ];
  return server.send({ method, path, headers, ...(json !== undefined && { body: JSON.stringify(json) }) });
}

/** A member's browser: posts forms of the console's own pages through the socket. */
export async function browserOf(server: Server, as: Member) {
  const cookie: Fields = [['Cookie', `${sessionCookieName(server)}=${as.session}`]];
  const { body } = await server.send({ path: '/logout', headers: cookie });
  const formToken = /name="form_token" value="([^"]*)"/.exec(body)?.[1] ?? '';
  const headers: Fields = [
    ...cookie,
    ['Sec-Fetch-Site', 'same-origin'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ];
  return {
    post: (path: string, form: Record<string, string>): Promise<Answer> => {
      const body = new URLSearchParams({ ...form, form_token: formToken }).toString();
      return server.send({ method: 'POST', path, headers, body });
    },
  };
}
