import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '../../../shared/limits.ts';
import type { Clock } from '../../domain/clock.ts';
import type { DescribeUse, LastUsed, ToldUse } from '../../domain/tokens/last-used.ts';
import type { Verdict, VerifiedToken, Verify } from '../../domain/tokens/verify.ts';
import { createOutage, type Log, type Outage } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { outcomeOf } from '../../observability/verification-metrics.ts';
import type { ClientIp } from '../client-ip.ts';
import { onlyValue } from '../raw-headers.ts';
import { authRequest } from './auth-request.ts';
import { readCredential } from './credential.ts';
import { extAuthz } from './ext-authz.ts';
import { forwardAuth } from './forward-auth.ts';
import { admissionHeader } from './identity.ts';
import { originForm, pathOf, recordedMethod, recordedPath, recordedUserAgent } from './original-request.ts';
import { refusalAnswer, refuseCredential, refuseToken, type TokenRefusal } from './refusal.ts';
import type { VerifyRoute } from './route.ts';

export interface VerifyDeps {
  verify: Verify;
  lastUsed: Pick<LastUsed, 'record'>;
  clock: Clock;
  clientIp: ClientIp;
  metrics: Pick<Metrics, 'countVerification'>;
  log: Pick<Log, 'error' | 'info'>;
}

/** Answers a request for one of the verification routes; false if it is for something else. */
export type VerifyHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

const told = {
  begins: 'verifications cannot be decided and are answered 503',
  ends: 'verifications are decided again',
};

const routes: readonly VerifyRoute[] = [authRequest, forwardAuth, extAuthz];

/**
 * What proxies ask before each request: 200 with the identity, 401, or 503 if it cannot be decided now; nothing else,
 * whatever the method, the query or the body, which is never waited for.
 */
export function createVerifyHandler(deps: VerifyDeps): VerifyHandler {
  const serving = { ...deps, outage: createOutage(deps.log, {}, told), describe: describeUse(deps.clientIp) };
  return (req, res) => {
    const route = routeOf(req.url ?? '');
    if (route === undefined) return false;
    if (declaresBody(req)) boundBody(req);
    answer(serving, route, req, res);
    return true;
  };
}

function declaresBody({ headers }: IncomingMessage): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
}

/** How long a connection stays whose body is not read to its end: the answer arrives meanwhile. */
const lingerMs = 3_000;

/** A body is never waited for, and little of it is read away: a long one ends the connection. */
function boundBody(req: IncomingMessage): void {
  const { socket } = req;
  let length = 0;
  req.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= limits.bodyBytes) return;
    req.removeAllListeners('data').pause();
    const cut = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(cut));
  });
}

/** The route that a request target names. */
export function routeOf(target: string): VerifyRoute | undefined {
  const path = pathOf(originForm(target));
  return routes.find((route) => route.owns(path));
}

interface Serving extends VerifyDeps {
  outage: Outage;
  describe: DescribeUse;
}

function answer(deps: Serving, route: VerifyRoute, req: IncomingMessage, res: ServerResponse): void {
  const began = performance.now();
  const credential = readCredential(req.rawHeaders);
  if (credential.kind !== 'value') {
    refuse(res, refuseCredential(credential));
    deps.metrics.countVerification(route.name, credential.kind === 'none' ? 'missing' : 'malformed', began);
    return;
  }
  deps
    .verify(credential.value)
    .then((decision) => {
      tell(deps, route, req, res, decision);
      deps.metrics.countVerification(route.name, outcomeOf(decision), began);
    })
    .catch((error: unknown) => {
      deps.outage.failed(error);
      unavailable(res);
      deps.metrics.countVerification(route.name, 'unavailable', began);
    });
}

function tell(deps: Serving, route: VerifyRoute, req: IncomingMessage, res: ServerResponse, decision: Verdict): void {
  // A value that nobody knows may never have reached the database.
  if (decision.allowed || decision.known !== null) deps.outage.over();
  if (decision.allowed) {
    deps.lastUsed.record(decision.token.id, deps.clock.now(), toldBy(deps, route, req), deps.describe);
    admit(res, decision.token);
  } else {
    refuse(res, refuseToken(decision.reason));
  }
}

/**
 * What a peer that is not trusted says about somebody else's request does not count. Kept until the next flush: strings
 * only, never the request.
 */
function toldBy({ clientIp }: VerifyDeps, route: VerifyRoute, req: IncomingMessage): ToldUse {
  const peer = req.socket.remoteAddress ?? null;
  const { method, target } = clientIp.isTrusted(peer) ? route.original(req) : { method: null, target: null };
  // Node has joined the repeated fields.
  const forwardedFor = (req.headers['x-forwarded-for'] as string | undefined) ?? null;
  return { method, target, peer, forwardedFor, userAgent: onlyValue(req.rawHeaders, 'user-agent') };
}

function describeUse(clientIp: ClientIp): DescribeUse {
  return ({ method, target, peer, forwardedFor, userAgent }) => ({
    method: method === null ? null : recordedMethod(method),
    path: target === null ? null : recordedPath(target),
    ip: clientIp.resolve(peer, forwardedFor),
    userAgent: userAgent === null ? null : recordedUserAgent(userAgent),
  });
}

function admit(res: ServerResponse, token: VerifiedToken): void {
  res.writeHead(200, admissionHeader(token)).end();
}

/** There are a dozen of them. */
const refusals = new Map<string, { fields: string[]; body: string }>();

function refuse(res: ServerResponse, refusal: TokenRefusal): void {
  const key = `${refusal.reason} ${refusal.detail}`;
  let known = refusals.get(key);
  if (known === undefined) {
    const { headers, body } = refusalAnswer(refusal);
    known = { fields: headers.flat(), body };
    refusals.set(key, known);
  }
  res.writeHead(401, known.fields).end(known.body);
}

function unavailable(res: ServerResponse): void {
  res.writeHead(503, { 'Cache-Control': 'no-store', 'Content-Length': '0', 'Retry-After': '1' }).end();
}
