import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '../../../shared/limits.ts';
import { type AppNames, showRules } from '../../domain/tokens/rules/shown-rules.ts';
import { recordDenial } from '../../domain/tokens/usage/denied-uses.ts';
import { type VerifiedToken, valueEndsAt } from '../../domain/tokens/verify.ts';
import type { AppDeps } from '../context.ts';
import { requestIdFor } from '../middleware/request.ts';
import { originForm, pathOf } from '../verify/proxies.ts';
import { encodeHeader, onlyValue } from '../wire/raw-headers.ts';
import { createSendWhole, fieldLines, type SendWhole } from '../wire/whole-response.ts';
import { authenticateClient } from './client-auth.ts';
import { bodyTooLarge, errorResponse, OAuthError } from './errors.ts';
import { parseForm, publicClientId } from './form.ts';
import { readReportedRequest } from './reported-request.ts';

export type IntrospectionDeps = Pick<
  AppDeps,
  | 'clients'
  | 'tokens'
  | 'verifyRequest'
  | 'lastUsed'
  | 'seenValues'
  | 'deniedUses'
  | 'clock'
  | 'clientIp'
  | 'metrics'
  | 'log'
  | 'failureLog'
>;

/** Responds to a request to the introspection endpoint. Returns false, and does nothing, for any other request. */
export type IntrospectionHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

const path = '/oauth/introspect';

/**
 * Creates the handler of token introspection (RFC 7662). Clients introspect a token for each request that they receive,
 * just as proxies call `/verify/…`. Like those routes, the handler bypasses Hono, because Hono would take twice as long
 * as the verification itself.
 */
export function createIntrospectionHandler(deps: IntrospectionDeps): IntrospectionHandler {
  const sendWhole = createSendWhole(deps.clock);
  return (req, res) => {
    if (pathOf(originForm(req.url ?? '')) !== path) return false;
    void respond(deps, sendWhole, req, res);
    return true;
  };
}

async function respond(
  deps: IntrospectionDeps,
  sendWhole: SendWhole,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { clientIp, log, failureLog, metrics } = deps;
  const startedAt = performance.now();
  const { method = '' } = req;
  const requestId = requestIdFor(clientIp, req.socket.remoteAddress, onlyValue(req.rawHeaders, 'x-request-id'));
  const { status, headers, body } = await introspect(deps, req).then(
    (response) => ({ status: 200, headers: {}, body: response }),
    (error: unknown) => errorResponse(error, failureLog, { id: requestId, method: 'GET' }),
  );
  // Close the connection if part of the body is unread. Otherwise Node would parse that part as the next request.
  if (!req.complete) res.shouldKeepAlive = false;
  const content = encodeHeader(JSON.stringify(body));
  const lines = fieldLines([
    ['Content-Type', 'application/json'],
    ['Content-Length', String(content.length)],
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Request-Id', requestId],
    ...Object.entries(headers),
  ]);
  sendWhole(res, status, lines, content);
  metrics.countResponse(method, status);
  const ms = Math.round(performance.now() - startedAt);
  log.debug({ method, path, status, ms, request_id: requestId }, 'request');
}

/** Returns the response body. Every denied token gets the same body, whatever the reason. @throws OAuthError */
async function introspect(deps: IntrospectionDeps, req: IncomingMessage): Promise<object> {
  if (req.method !== 'POST') {
    throw new OAuthError('invalid_request', 'This path supports POST.', { status: 405, headers: { Allow: 'POST' } });
  }
  const form = parseForm(onlyValue(req.rawHeaders, 'content-type'), await readBody(req));
  await authenticateClient(deps.clients, req.rawHeaders, form);
  const value = form.require('token');
  const reported = readReportedRequest(form);
  const verdict = await deps.verifyRequest('introspection', value, reported.asked, () => reported.observeDenied());
  if (!verdict.allowed) {
    if (reported.countsDenial) recordDenial(deps.deniedUses, verdict, reported.observeDenied);
    return { active: false };
  }
  const { token } = verdict;
  // Read the names before the use is recorded, because this read can fail.
  const names = token.rules === null ? noNames : await deps.tokens.appNames([token]);
  const request = reported.observe(verdict);
  if (request !== null) {
    deps.lastUsed.record(token, deps.clock.now(), request);
  } else {
    deps.seenValues.record(token);
  }
  return activeToken(token, names);
}

/** Reads the body as UTF-8. @throws OAuthError `invalid_request` (413) as soon as it exceeds the limit */
function readBody(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limits.maxBodyBytes) {
        req.removeAllListeners('data').pause();
        reject(bodyTooLarge());
      } else {
        chunks.push(chunk);
      }
    });
    req.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    req.on('error', reject);
  });
}

const noNames: AppNames = new Map();

/** `names` holds the apps of the token's rules. */
function activeToken(token: VerifiedToken, names: AppNames) {
  const endsAt = valueEndsAt(token);
  const { apps, readOnly, allow, networks, enforce } = showRules(token, names);
  return {
    active: true,
    scope: '',
    client_id: publicClientId,
    username: token.ownerEmail,
    sub: token.ownerId,
    jti: token.id,
    token_type: 'Bearer',
    iat: numericDate(token.createdAt),
    ...(endsAt !== null && { exp: numericDate(endsAt) }),
    name: token.name,
    prefix: token.prefix,
    apps,
    read_only: readOnly,
    allow,
    networks,
    enforce,
  };
}

/** Converts milliseconds to a NumericDate (RFC 7519 §2). */
function numericDate(ms: number): number {
  return Math.floor(ms / 1000);
}
