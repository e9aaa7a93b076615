import { createServer, type IncomingMessage } from 'node:http';
import { type Fields, listen } from '../app/http.ts';

/** A request as an app received it: names and values of the header fields as they were sent. */
export interface AppRequest {
  method: string;
  url: string;
  fields: Fields;
}

/** How an app reads its own credentials. */
export interface App {
  /** The header field of its credential. */
  field: 'Authorization' | 'X-Api-Key';
  /** A credential that it accepts. */
  credential: string;
  /** Its response to a request without the credential. */
  denial: object;
}

/** Stand-ins for apps, by the first segment of the path. They accept and deny as their API documentation says. */
export const apps = {
  grafana: {
    field: 'Authorization',
    credential: 'Bearer glsa_HOruNAb7SOiCdshU9algkrq7FDsNSLAa_55e2f8be',
    denial: { message: 'Unauthorized', messageId: 'auth.unauthorized', statusCode: 401 },
  },
  immich: {
    field: 'X-Api-Key',
    credential: 'd3yVgoWb6YzLzGdQqJ2bHq3ZV0kGfB1sXnM5r8tUyw0',
    denial: { message: 'Invalid API key', error: 'Unauthorized', statusCode: 401 },
  },
  sonarr: {
    field: 'X-Api-Key',
    credential: '94c1a2b0fd3c4e7aa8ab1f0c6d5e4b32',
    denial: { error: 'Unauthorized' },
  },
} as const satisfies Record<string, App>;

export type AppName = keyof typeof apps;
export type Apps = Awaited<ReturnType<typeof startApps>>;

/** Starts one server that stands in for all apps. A path of no app is answered with the request as JSON. */
export async function startApps() {
  const requests: AppRequest[] = [];
  const server = createServer((req, res) => {
    const { method = '', url = '' } = req;
    const fields = fieldsOf(req);
    requests.push({ method, url, fields });
    const app: App | undefined = apps[/^\/(\w+)/.exec(url)?.[1] as AppName];
    const accepted = app === undefined || valuesOf(fields, app.field).join() === app.credential;
    const body = accepted ? { method, url, fields } : app.denial;
    req.resume().once('end', () => {
      res.writeHead(accepted ? 200 : 401, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    /** Every request that reached an app. */
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function fieldsOf({ rawHeaders }: IncomingMessage): Fields {
  return rawHeaders.flatMap((name, i) => (i % 2 === 1 ? [] : [[name, rawHeaders[i + 1] ?? ''] as const]));
}

/** Returns the values of a field, in order, whichever way its name is spelled. */
export function valuesOf(fields: Fields, name: string): string[] {
  const same = (other: string) => other.toLowerCase().replaceAll('_', '-') === name.toLowerCase();
  return fields.filter(([other]) => same(other)).map(([, value]) => value);
}

/** Reports whether a request holds a value anywhere, as text or in Base64 at any offset. */
export function holds({ url, fields }: AppRequest, value: string): boolean {
  const text = [url, ...fields.flat()].join('\n');
  const decoded = [...text.matchAll(/[A-Za-z0-9+/]{8,}/g)].map(([run]) =>
    Buffer.from(run, 'base64').toString('latin1'),
  );
  return [text, ...decoded].some((one) => one.includes(value));
}
