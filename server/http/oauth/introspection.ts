import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '../../../shared/limits.ts';
import type { ToldUse, UseDescription } from '../../domain/tokens/last-used.ts';
import type { VerifiedToken } from '../../domain/tokens/verify.ts';
import type { ClientIp } from '../client-ip.ts';
import type { AppDeps } from '../context.ts';
import { countedVerify } from '../counted-verify.ts';
import { requestIdFor } from '../middleware/request.ts';
import { onlyValue } from '../raw-headers.ts';
import { originForm, pathOf, recordedMethod, shortened } from '../verify/original-request.ts';
import { authenticateClient } from './client-auth.ts';
import { bodyTooLarge, errorResponse, OAuthError } from './errors.ts';
import { type OAuthForm, parseForm, publicClientId } from './form.ts';

export type IntrospectionDeps = Pick<
  AppDeps,
  'clients' | 'verify' | 'lastUsed' | 'clock' | 'clientIp' | 'metrics' | 'log'
>;

/** Answers a request for the introspection endpoint; false if it is for something else. */
export type IntrospectionHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

const path = '/oauth/introspect';

/**
 * RFC 7662: services ask here before each request, as proxies do at /verify. Like those it stands in front of the
 * framework, which would take twice as long as everything else.
 */
export function createIntrospectionHandler(deps: IntrospectionDeps): IntrospectionHandler {
  const describe = describeUse(deps.clientIp);
  return (req, res) => {
    if (pathOf(originForm(req.url ?? '')) !== path) return false;
    void answer(deps, describe, req, res);
    return true;
  };
}

async function answer(
  deps: IntrospectionDeps,
  describe: (told: ToldUse) => UseDescription,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { clientIp, log, metrics } = deps;
  const began = performance.now();
  const { method = '' } = req;
  const requestId = requestIdFor(clientIp, req.socket.remoteAddress, onlyValue(req.rawHeaders, 'x-request-id'));
  const { status, headers, body } = await introspect(deps, describe, req).then(
    (told) => ({ status: 200, headers: {}, body: told }),
    (error: unknown) => errorResponse(error, log, requestId),
  );
  // What is left of a body that is not wanted must not be taken for the next request.
  if (!req.complete) res.shouldKeepAlive = false;
  const content = JSON.stringify(body);
  const fields = Object.entries({
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(content)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
    ...headers,
  });
  res.writeHead(status, fields.flat()).end(method === 'HEAD' ? undefined : content);
  metrics.countResponse(method, status);
  const ms = Math.round(performance.now() - began);
  log.debug({ method, path, status, ms, request_id: requestId }, 'request');
}

/** Whatever does not work, for whatever reason, is told apart by nothing. @throws OAuthError */
async function introspect(
  deps: IntrospectionDeps,
  describe: (told: ToldUse) => UseDescription,
  req: IncomingMessage,
): Promise<object> {
  if (req.method !== 'POST') {
    throw new OAuthError('invalid_request', 'This path supports POST.', { status: 405, headers: { Allow: 'POST' } });
  }
  const form = parseForm(onlyValue(req.rawHeaders, 'content-type'), await readBody(req));
  await authenticateClient(deps.clients, req.rawHeaders, form);
  const decision = await countedVerify(deps, 'introspection', form.require('token'));
  if (!decision.allowed) return { active: false };
  const told = toldBy(form);
  if (told !== null) deps.lastUsed.record(decision.token.id, deps.clock.now(), told, describe);
  return activeToken(decision.token);
}

/** @throws OAuthError `invalid_request` (413) as soon as it is too much */
function readBody(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limits.bodyBytes) {
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

function activeToken(token: VerifiedToken) {
  return {
    active: true,
    scope: '',
    client_id: publicClientId,
    username: token.ownerEmail,
    sub: token.ownerId,
    jti: token.id,
    token_type: 'Bearer',
    iat: seconds(token.createdAt),
    ...(token.expiresAt !== null && { exp: seconds(token.expiresAt) }),
    name: token.name,
    prefix: token.prefix,
  };
}

/** A service that says what the token was used for has it recorded; our extension. */
function toldBy(form: OAuthForm): ToldUse | null {
  const [method = null, target = null, peer = null] = [form.get('method'), form.get('path'), form.get('ip')];
  if (method === null && target === null && peer === null) return null;
  return { method, target, peer, forwardedFor: null, userAgent: null };
}

function describeUse(clientIp: ClientIp): (told: ToldUse) => UseDescription {
  return ({ method, target, peer }) => ({
    method: method === null ? null : recordedMethod(method),
    path: target === null ? null : shortened(pathOf(target), limits.lastUsedPathCharacters),
    ip: clientIp.resolve(peer, null),
    userAgent: null,
  });
}

/** NumericDate (RFC 7519 §2). */
function seconds(at: number): number {
  return Math.floor(at / 1000);
}
