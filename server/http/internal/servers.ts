import type { Server } from 'node:http';
import type { Config } from '../../config/config.ts';
import { createAdmissions } from '../admission/admissions.ts';
import { createLaneOf } from '../admission/lane.ts';
import { createApp } from '../app.ts';
import type { AppDeps } from '../context.ts';
import { createIntrospectionHandler } from '../oauth/introspection.ts';
import { createHttpServer } from '../server.ts';
import { createVerifyHandler } from '../verify/handler.ts';
import { createInternalApp } from './app.ts';
import { nameUnixPeers } from './unix-peer.ts';

export interface Servers {
  /** Serves members and their programs. Without an internal server, it serves proxies and monitoring too. */
  server: Server;
  /** Serves proxies and monitoring; null without `TOKENSD_INTERNAL_LISTEN`. */
  internalServer: Server | null;
}

/**
 * Creates the daemon's servers, not listening yet. Introspection is served by both: OAuth clients find its public address in
 * the metadata and authenticate with their secret, and clients inside need not pass the public proxy.
 */
export function createServers(deps: AppDeps & { config: Pick<Config, 'internalListen'> }): Servers {
  const servers = createBoth(deps);
  nameUnixPeers(servers.server);
  if (servers.internalServer !== null) nameUnixPeers(servers.internalServer);
  return servers;
}

function createBoth(deps: Parameters<typeof createServers>[0]): Servers {
  const { publicUrl, internalListen } = deps.config;
  const verifyHandler = createVerifyHandler(deps);
  const introspectionHandler = createIntrospectionHandler(deps);
  // Each server admits requests on its own, so that a flood of the public one does not delay monitoring at the internal one.
  const newAdmission = () =>
    createAdmissions({ laneOf: createLaneOf(deps.clientIp), metrics: deps.metrics, log: deps.log });
  const shared = { publicUrl, introspectionHandler, admission: newAdmission() };
  if (internalListen === null) {
    return { server: createHttpServer({ ...shared, verifyHandler, app: createApp(deps) }), internalServer: null };
  }
  const app = createInternalApp(deps);
  // Clients inside are trusted not to flood, so that introspection, too, comes before everything else.
  const internalServer = createHttpServer({
    ...shared,
    admission: newAdmission(),
    verifyHandler: (req, res) => verifyHandler(req, res) || introspectionHandler(req, res),
    app,
  });
  return { server: createHttpServer({ ...shared, verifyHandler: null, app: createApp(deps) }), internalServer };
}
