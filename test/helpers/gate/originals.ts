import type { Fields, SendOptions } from '../app/http.ts';

/** A request of a client, as a proxy sees it. */
export interface Original {
  method?: string | undefined;
  path?: string | undefined;
  host?: string | undefined;
  /** The client's address. */
  ip?: string | undefined;
  /** The name of the app in the proxy's configuration. */
  app?: string | undefined;
}

/** How each kind of proxy asks about a request. A part that is missing is not sent, except to Envoy's route, which has a method. */
export const originals: Record<string, (original: Original) => SendOptions & { headers: Fields }> = {
  nginx: (original) => asking(original, 'auth-request', 'X-Original-Method', 'X-Original-URI', 'X-Original-Host'),
  Caddy: (original) => asking(original, 'forward-auth', 'X-Forwarded-Method', 'X-Forwarded-Uri', 'X-Forwarded-Host'),
  Envoy: ({ method = 'GET', path = '', host, ip, app }) => ({
    method,
    path: `${prefixOf(app)}/ext-authz${path}`,
    headers: fields([
      ['Host', host],
      ['X-Forwarded-For', ip],
    ]),
  }),
};

function asking(
  { method, path, host, ip, app }: Original,
  route: string,
  ...[methodField, targetField, hostField]: [string, string, string]
) {
  return {
    path: `${prefixOf(app)}/${route}`,
    headers: fields([
      [methodField, method],
      [targetField, path],
      [hostField, host],
      ['X-Forwarded-For', ip],
    ]),
  };
}

function prefixOf(app: string | undefined): string {
  return app === undefined ? '/verify' : `/verify/apps/${app}`;
}

function fields(all: Array<[string, string | undefined]>): Fields {
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
