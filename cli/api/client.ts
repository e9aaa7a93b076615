import { hc } from 'hono/client';
import type { AppType } from '../../server/http/app.ts';
import type { Server } from '../session/server-url.ts';

/** The client of the native API, typed by the daemon's routes. */
export type Api = ReturnType<typeof hc<AppType>>['api']['v1'];

/** Creates a client that sends `authorization` with every request, or no `Authorization` header if it is null. */
export function createApi(server: Server, send: typeof fetch, authorization: string | null): Api {
  const headers: Record<string, string> = authorization === null ? {} : { Authorization: authorization };
  return hc<AppType>(server.url, { fetch: send, headers }).api.v1;
}
