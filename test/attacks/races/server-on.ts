import type { Config } from '../../../server/config/config.ts';
import type { Member } from '../../helpers/app/app.ts';
import { type Fields, startTestServer, type TestResponse, type TestServer } from '../../helpers/app/http.ts';
import type { TestStore } from '../../helpers/app/store.ts';
import { sessionCookieName } from '../../helpers/console/pages.ts';

export type Server = TestServer;

/** Starts the whole daemon behind a real socket, on the given store. */
export const startServerOn = (opened: Promise<TestStore>, settings: Partial<Config> = {}): Promise<Server> =>
  startTestServer(settings, 0, opened);

/** Sends a request to the native API through the socket. */
export function call(server: Server, as: Member, method: string, path: string, json?: unknown): Promise<TestResponse> {
  const headers: Fields = [
    ['Authorization', `Bearer ${as.session}`],
    ...(json === undefined ? [] : [['Content-Type', 'application/json'] as const]),
  ];
  return server.send({ method, path, headers, ...(json !== undefined && { body: JSON.stringify(json) }) });
}

/** Returns a member's browser, which posts forms of the console through the socket. */
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
    post: (path: string, form: Record<string, string>): Promise<TestResponse> => {
      const body = new URLSearchParams({ ...form, form_token: formToken }).toString();
      return server.send({ method: 'POST', path, headers, body });
    },
  };
}
