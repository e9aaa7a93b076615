import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '../../../shared/limits.ts';
import type { Clock } from '../../domain/clock.ts';
import type { LastUsed, ObservedRequest } from '../../domain/tokens/last-used.ts';
import type { UseCounter } from '../../domain/tokens/usage/use-counter.ts';
import type { Verdict } from '../../domain/tokens/verify.ts';
import { createOutage, type Log, type Outage } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { type ClientIp, forwardedForOf } from '../client-ip.ts';
import { onlyValue } from '../raw-headers.ts';
import type { CountedVerify } from './counted-verify.ts';
import { readCredential } from './credential.ts';
import { type ChallengeChoice, credentialDenial, type Denial, denialResponse, tokenDenial } from './denial.ts';
import { identityHeaders } from './identity.ts';
import { shorten } from './observed-request.ts';
import { challengeChoiceOf, findVerifyRoute, type VerifyRoute } from './proxies.ts';

export interface VerifyDeps {
  verify: CountedVerify;
  lastUsed: Pick<LastUsed, 'record'>;
  useCounter: Pick<UseCounter, 'denied'>;
  clock: Clock;
  clientIp: Pick<ClientIp, 'isTrusted'>;
  metrics: Pick<Metrics, 'countVerification'>;
  log: Pick<Log, 'error' | 'info'>;
}

/** Responds to a request to a verification route. Returns false, and does nothing, for any other request. */
export type VerifyHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

interface VerifyContext extends VerifyDeps {
  outage: Outage;
  /** Serialized 401 responses. There are about two dozen, one for each combination of challenges, reason and detail. */
  denials: Map<string, { fields: string[]; body: string }>;
}

const outageMessages = {
  begins: 'verification is unavailable; requests get 503',
  ends: 'verification is available again',
};

/**
 * Creates the handler of the `/verify/…` routes, which proxies call before they forward a request. It responds with 200
 * and the identity, with 401, or with 503 if the database does not respond. It ignores the method, query and body, and
 * never waits for the body.
 */
export function createVerifyHandler(deps: VerifyDeps): VerifyHandler {
  const context = { ...deps, outage: createOutage(deps.log, {}, outageMessages), denials: new Map() };
  return (req, res) => {
    const route = findVerifyRoute(req.url ?? '');
    if (route === undefined) return false;
    if (declaresBody(req)) limitBody(req);
    respond(context, route, req, res);
    return true;
  };
}

function declaresBody({ headers }: IncomingMessage): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
}

/** How long a connection stays open after its body exceeded the limit, so that the response can arrive. */
const lingerMs = 3_000;

/** Discards the body up to the limit. A longer body ends the connection, because it would have to be read to its end. */
function limitBody(req: IncomingMessage): void {
  const { socket } = req;
  let length = 0;
  req.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= limits.maxBodyBytes) return;
    req.removeAllListeners('data').pause();
    const cut = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(cut));
  });
}

function respond(context: VerifyContext, route: VerifyRoute, req: IncomingMessage, res: ServerResponse): void {
  const startedAt = performance.now();
  const credential = readCredential(req.rawHeaders);
  if (credential.kind === 'value') {
    void respondToValue(context, route, req, res, credential.value, startedAt);
    return;
  }
  sendDenial(context, res, credentialDenial(credential), challengeChoiceOf(route, req.url ?? ''));
  context.metrics.countVerification(route.name, credential.kind === 'none' ? 'missing' : 'malformed', startedAt);
}

async function respondToValue(
  context: VerifyContext,
  route: VerifyRoute,
  req: IncomingMessage,
  res: ServerResponse,
  value: string,
  startedAt: number,
): Promise<void> {
  try {
    const verdict = await context.verify(route.name, value, startedAt);
    sendVerdict(context, route, req, res, verdict);
  } catch (error) {
    context.outage.recordFailure(error);
    res.writeHead(503, { 'Cache-Control': 'no-store', 'Content-Length': '0', 'Retry-After': '1' }).end();
  }
}

function sendVerdict(
  context: VerifyContext,
  route: VerifyRoute,
  req: IncomingMessage,
  res: ServerResponse,
  verdict: Verdict,
): void {
  // Only a known token proves that the database responded. A malformed value is denied without a lookup.
  if (verdict.allowed || verdict.known !== null) context.outage.recordSuccess();
  if (verdict.allowed) {
    context.lastUsed.record(verdict.token, context.clock.now(), observe(context, route, req));
    res.writeHead(200, identityHeaders(verdict.token)).end();
  } else {
    if (verdict.tokenId !== null) context.useCounter.denied(verdict.tokenId, context.clock.now(), verdict.reason);
    sendDenial(context, res, tokenDenial(verdict.reason), challengeChoiceOf(route, req.url ?? ''));
  }
}

/**
 * Returns the data from which the last use is derived. It holds strings only, because it stays in memory until the next
 * flush and must not keep the request alive. Long texts are cut. A proxy's report about the original request is used only if the proxy
 * is trusted.
 */
function observe({ clientIp }: VerifyContext, route: VerifyRoute, req: IncomingMessage): ObservedRequest {
  const peer = req.socket.remoteAddress ?? null;
  const { method, target } = clientIp.isTrusted(peer) ? route.readOriginal(req) : { method: null, target: null };
  const userAgent = onlyValue(req.rawHeaders, 'user-agent');
  return {
    method,
    target: target === null ? null : shorten(target, limits.maxPathCharacters),
    peer,
    forwardedFor: forwardedForOf(req.rawHeaders),
    userAgent: userAgent === null ? null : shorten(userAgent, limits.maxUserAgentCharacters),
  };
}

function sendDenial({ denials }: VerifyContext, res: ServerResponse, denial: Denial, choice: ChallengeChoice): void {
  const key = `${choice} ${denial.reason} ${denial.detail}`;
  let response = denials.get(key);
  if (response === undefined) {
    const { headers, body } = denialResponse(denial, choice);
    response = { fields: headers.flat(), body };
    denials.set(key, response);
  }
  res.writeHead(401, response.fields).end(response.body);
}
