import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '../../../shared/limits.ts';
import type { Clock } from '../../domain/clock.ts';
import type { LastUsed } from '../../domain/tokens/last-used.ts';
import { type DeniedUses, recordDenial } from '../../domain/tokens/usage/denied-uses.ts';
import type { RequestVerdict, Verification } from '../../domain/tokens/verify.ts';
import { createOutage, type Log, type Outage } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { ClientIp } from '../client-ip.ts';
import { createSendWhole, type FieldLines, fieldLines, type SendWhole } from '../wire/whole-response.ts';
import { type AppWarnings, createAppWarnings } from './app-warnings.ts';
import { AskedRequest } from './asked-request.ts';
import type { CountedVerification } from './counted-verify.ts';
import { type Credential, type CredentialField, readCredential } from './credential.ts';
import {
  credentialDenial,
  type Denial,
  type DenialResponse,
  denialResponse,
  forbiddenResponse,
  tokenDenial,
} from './denial.ts';
import { createIdentityHeaders, emptyIdentity, type IdentityHeaders } from './identity.ts';
import { isPreflight } from './preflight.ts';
import { challengeChoiceOf, type FoundRoute, findVerifyRoute } from './proxies.ts';
import { createReadApp, type ReadApp } from './requested-app.ts';

export interface VerifyDeps {
  verifyRequest: CountedVerification['verifyRequest'];
  findApp: Verification['findApp'];
  lastUsed: Pick<LastUsed, 'record'>;
  deniedUses: Pick<DeniedUses, 'record' | 'recordEnded'>;
  clock: Clock;
  clientIp: Pick<ClientIp, 'isTrusted' | 'reported'>;
  metrics: Pick<Metrics, 'countVerification'>;
  log: Pick<Log, 'error' | 'info' | 'warn'>;
}

/** Responds to a request to a verification route. Returns false, and does nothing, for any other request. */
export type VerifyHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

interface VerifyContext extends VerifyDeps {
  outage: Outage;
  readApp: ReadApp;
  identityHeaders: IdentityHeaders;
  appWarnings: AppWarnings;
  sendWhole: SendWhole;
  /** Serialized denials. There are about 30, one for each combination of status, challenges, reason and detail. */
  denials: Map<string, { lines: FieldLines; body: string }>;
}

/** One request to a verification route. */
interface Exchange {
  found: FoundRoute;
  req: IncomingMessage;
  res: ServerResponse;
  asked: AskedRequest;
  credential: Credential;
  /** The `performance.now()` time at which the request arrived. */
  startedAt: number;
}

const outageMessages = {
  begins: 'verification is unavailable; requests get 503',
  ends: 'verification is available again',
};

/**
 * Creates the handler of the `/verify/…` routes, which proxies call before they forward a request. It responds with 200
 * and the identity, with 401, with 403 if the token may not make this request, or with 503 if the database does not respond. It
 * ignores its own method, query and body, and never waits for the body.
 */
export function createVerifyHandler(deps: VerifyDeps): VerifyHandler {
  const context: VerifyContext = {
    ...deps,
    outage: createOutage(deps.log, {}, outageMessages),
    readApp: createReadApp(),
    identityHeaders: createIdentityHeaders(),
    appWarnings: createAppWarnings(deps.log),
    sendWhole: createSendWhole(deps.clock),
    denials: new Map(),
  };
  return (req, res) => {
    const found = findVerifyRoute(req.url ?? '');
    if (found === undefined) return false;
    if (declaresBody(req)) limitBody(req);
    const startedAt = performance.now();
    const asked = new AskedRequest(context, found, req);
    respond(context, { found, req, res, asked, credential: readCredential(req.rawHeaders), startedAt });
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

function respond(context: VerifyContext, exchange: Exchange): void {
  const { req, asked, credential } = exchange;
  if (isPreflight(asked.method, req.rawHeaders)) void respondToPreflight(context, exchange);
  else if (credential.kind === 'value') respondToValue(context, exchange, credential);
  else denyCredential(context, exchange, credential);
}

/** Lets a preflight pass if its app wants that. Otherwise it is like any other request without a token. */
async function respondToPreflight(context: VerifyContext, exchange: Exchange): Promise<void> {
  const { found, res, asked, credential, startedAt } = exchange;
  try {
    const app = asked.app === null || asked.app === 'unknown' ? null : await context.findApp(asked.app);
    if (app !== null) context.outage.recordSuccess();
    if (app?.preflight === 'pass') {
      context.sendWhole(res, 200, emptyIdentity);
      context.metrics.countVerification(found.route.name, 'preflight', startedAt);
    } else if (credential.kind === 'value') {
      respondToValue(context, exchange, credential);
    } else {
      denyCredential(context, exchange, credential);
    }
  } catch (error) {
    sendUnavailable(context, res, error);
    context.metrics.countVerification(found.route.name, 'unavailable', startedAt);
  }
}

/** Responds in this turn of the event loop to a value that needs no lookup. A promise would take as long as the rest of such a response. */
function respondToValue(
  context: VerifyContext,
  exchange: Exchange,
  { value, field }: Extract<Credential, { kind: 'value' }>,
): void {
  const { found, res, asked, startedAt } = exchange;
  const fail = (error: unknown) => sendUnavailable(context, res, error);
  try {
    const verdict = context.verifyRequest(found.route.name, value, asked, () => asked.observe(denied), startedAt);
    if (verdict instanceof Promise) {
      verdict.then((verdict) => respondToVerdict(context, exchange, verdict, field)).catch(fail);
    } else {
      respondToVerdict(context, exchange, verdict, field);
    }
  } catch (error) {
    fail(error);
  }
}

function respondToVerdict(
  context: VerifyContext,
  exchange: Exchange,
  verdict: RequestVerdict,
  field: CredentialField,
): void {
  // Only a known token proves that the database responded. A malformed value is denied without a lookup.
  if (verdict.allowed || verdict.known !== null) context.outage.recordSuccess();
  if (verdict.allowed) {
    context.lastUsed.record(verdict.token, context.clock.now(), exchange.asked.observe(verdict));
    context.sendWhole(exchange.res, 200, context.identityHeaders(verdict, field));
  } else {
    denyToken(context, exchange, verdict);
  }
}

const unavailable = fieldLines([
  ['Cache-Control', 'no-store'],
  ['Content-Length', '0'],
  ['Retry-After', '1'],
]);

function sendUnavailable({ outage, sendWhole }: VerifyContext, res: ServerResponse, error: unknown): void {
  outage.recordFailure(error);
  sendWhole(res, 503, unavailable);
}

const denied = { app: null, wouldDeny: null };

type DeniedRequest = Exclude<RequestVerdict, { allowed: true }>;

function denyToken(context: VerifyContext, exchange: Exchange, verdict: DeniedRequest): void {
  const { res, asked } = exchange;
  recordDenial(context.deniedUses, verdict, (app) => asked.observe({ app, wouldDeny: null }));
  if (verdict.status === 401) {
    sendDenial(context, exchange, tokenDenial(verdict.reason));
  } else {
    const { reason, app } = verdict;
    if (reason === 'app' && app === null) warnOfApp(context, exchange);
    send(context, res, 403, `403 ${reason}`, () => forbiddenResponse(reason));
  }
}

function warnOfApp({ appWarnings }: VerifyContext, { found, asked }: Exchange): void {
  if (found.appName !== null) appWarnings.unknownName(found.appName);
  else if (asked.app === 'unknown') appWarnings.unusableHost(found.route.hostField);
}

function denyCredential(
  context: VerifyContext,
  exchange: Exchange,
  credential: Exclude<Credential, { kind: 'value' }>,
): void {
  sendDenial(context, exchange, credentialDenial(credential));
  const outcome = credential.kind === 'none' ? 'missing' : 'malformed';
  context.metrics.countVerification(exchange.found.route.name, outcome, exchange.startedAt);
}

function sendDenial(context: VerifyContext, { found, req, res }: Exchange, denial: Denial): void {
  const choice = challengeChoiceOf(found.route, req.url ?? '');
  const key = `401 ${choice} ${denial.reason} ${denial.detail}`;
  send(context, res, 401, key, () => denialResponse(denial, choice));
}

/** Sends a denial. `key` identifies it among all denials. */
function send(
  { denials, sendWhole }: VerifyContext,
  res: ServerResponse,
  status: 401 | 403,
  key: string,
  render: () => DenialResponse,
): void {
  let response = denials.get(key);
  if (response === undefined) {
    const { headers, body } = render();
    response = { lines: fieldLines(headers), body };
    denials.set(key, response);
  }
  sendWhole(res, status, response.lines, response.body);
}
