import { ProblemError } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';
import type { Scope } from '../../../shared/scopes.ts';
import { isKey } from '../../domain/caller.ts';
import type { AlertSignature } from '../../domain/leaks/alert-signatures.ts';
import { mayNotReport, type Reporter } from '../../domain/leaks/reporter.ts';
import { type AppContext, type AppDeps, rawHeadersOf } from '../context.ts';
import { ResponseProblem } from '../errors.ts';
import { admitKey, isKeyForm, type ManagementKeyDeps } from '../middleware/management-key.ts';
import { observeRequest } from '../middleware/observe-request.ts';
import { authenticateClient } from '../oauth/client-auth.ts';
import { OAuthError } from '../oauth/errors.ts';
import { parseForm } from '../oauth/form.ts';
import { readCredential } from '../verify/credential.ts';
import { fieldOf, onlyValue, type RawHeaders } from '../wire/raw-headers.ts';

export type ReporterDeps = Pick<AppDeps, 'clients' | 'verify' | 'alertSignatures'> & ManagementKeyDeps;

/**
 * Authenticates an OAuth client in `Authorization: Basic`, or a management key in `Authorization: Bearer` or `Token`, and sets it
 * as the reporter. Ignores sessions and cookies. Leaves a signed request to the route, because only its whole body tells who sent
 * it.
 * @throws ProblemError `not-authenticated`, also for a management key without the scope or outside its networks
 */
export async function authenticateReporter(deps: ReporterDeps, c: AppContext, scope: Scope | undefined): Promise<void> {
  const headers = rawHeadersOf(c);
  const authorization = fieldOf(headers, 'authorization');
  if (authorization === undefined && readSignature(deps, headers) !== null) return;
  if (/^\s*basic\s/i.test(authorization ?? '')) return setClient(deps, c, headers);
  const credential = readCredential(headers);
  if (credential.kind !== 'value' || !isKeyForm(headers, credential)) throw notAuthenticated();
  const verdict = await deps.verify('api', credential.value, () => observeRequest(c));
  if (!verdict.allowed || verdict.token.manage === null) throw notAuthenticated();
  await admitKey(deps, c, verdict.token, scope).catch(rejectUnauthenticated);
  const operator = c.get('operator');
  if (!isKey(operator)) throw notAuthenticated();
  c.set('reporter', { kind: 'key', key: operator, clientInfo: operator.clientInfo });
}

/** Turns a refusal of a key into 401. Rules for trufflehog read 403 as the answer that a value no longer works. */
function rejectUnauthenticated(error: unknown): never {
  throw error instanceof ProblemError && problems[error.code].status === 403 ? notAuthenticated(error.message) : error;
}

/** Returns the client or the key that is the reporter. @throws ProblemError `not-authenticated` if a signature must replace it */
export function requireReporter(c: AppContext): Reporter {
  const reporter = c.get('reporter');
  if (reporter === undefined) throw notAuthenticated();
  return reporter;
}

/**
 * Returns the authenticated reporter. If there is none, the request must carry GitHub's signature of exactly this body.
 * @throws ProblemError `not-authenticated`; `unavailable` if GitHub's keys cannot be fetched
 */
export async function requireReporterOrSignature(
  deps: Pick<AppDeps, 'alertSignatures'>,
  c: AppContext,
): Promise<Reporter> {
  if (c.get('reporter') !== undefined) return requireReporter(c);
  const signature = readSignature(deps, rawHeadersOf(c));
  if (signature === null || deps.alertSignatures === null) throw notAuthenticated();
  const body = new Uint8Array(await c.req.arrayBuffer());
  if (!(await deps.alertSignatures.verify(signature, body))) {
    throw notAuthenticated('The signature does not match the body, or its key is unknown.');
  }
  return { kind: 'github', clientInfo: c.get('clientInfo') };
}

async function setClient({ clients }: ReporterDeps, c: AppContext, headers: RawHeaders): Promise<void> {
  const client = await authenticateClient(clients, headers, emptyForm).catch((error: unknown) => {
    throw error instanceof OAuthError ? notAuthenticated('The client ID or secret is wrong.') : error;
  });
  // Do not respond with 403: a scanner would read it as the answer that a value no longer works.
  if (!client.canReport) throw notAuthenticated(mayNotReport().message);
  c.set('reporter', { kind: 'client', client, clientInfo: c.get('clientInfo') });
}

const emptyForm = parseForm('application/x-www-form-urlencoded', '');

/** Returns the signature of GitHub's secret scanning. Null if there is none, or if such signatures are not accepted. */
function readSignature(
  { alertSignatures }: Pick<AppDeps, 'alertSignatures'>,
  headers: RawHeaders,
): AlertSignature | null {
  const keyId = onlyValue(headers, 'github-public-key-identifier');
  const signature = onlyValue(headers, 'github-public-key-signature');
  return alertSignatures === null || keyId === null || signature === null ? null : { keyId, signature };
}

const sendCredentials =
  'Send the ID and the secret of a client that may report leaked values, or a management key with the scope leaks.';

function notAuthenticated(detail = sendCredentials): ResponseProblem {
  const headers = [['WWW-Authenticate', 'Basic realm="tokensd"']] as const;
  return new ResponseProblem('not-authenticated', detail, { headers });
}
