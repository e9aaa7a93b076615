import { assembleToken, base62Alphabet, bodyLength } from '../../../shared/token-format.ts';
import { useVerifyRoute, verifyRequests } from './advice.ts';
import { type Check, type CheckName, describe, failed, passed, type Send, skipped } from './check.ts';
import { apiKeyForm, authorizationForms, type Form, ownForm } from './forms.ts';
import { methodProbe, type Probe, pathProbe, probesOf, suffixProbe } from './probes.ts';
import { type RawOptions, type RawRequest, type RawResponse, sendRaw } from './raw.ts';
import { checksWithToken } from './token-checks.ts';

export interface Examination extends RawOptions {
  /** An active token, or null to check only from outside. */
  readonly token: string | null;
  /** Receives a line for each request and response, without tokens. */
  readonly trace: (line: string) => Promise<void>;
}

/** Checks a proxy from outside, one check after the other. Rejects if nothing there speaks HTTP. */
export async function* examine(examination: Examination): AsyncGenerator<readonly Check[]> {
  const { url, token } = examination;
  // Marks the values of this run, so that they can be recognized in responses.
  const mark = `tokens-doctor-${randomText('0123456789abcdef', 16)}`;
  const sendFirst: Send = async (request) => {
    await examination.trace(`> GET ${request.line ?? url.pathname + url.search}`);
    const response = await sendRaw(request, examination);
    await examination.trace(`< ${response?.status ?? 'no response'}`);
    return response;
  };
  const denied = await sendFirst({});
  if (denied === null) throw Object.assign(new Error('The connection was closed'), { code: 'ECONNRESET' });
  // From here on, a proxy may reject an unusual request by not responding.
  const send: Send = (request) => sendFirst(request).catch(nullIfSilent);
  const unknown = assembleToken(token?.split('_')[0] ?? 'tok', randomText(base62Alphabet, bodyLength));
  yield [await checkNoToken(denied, unknown, send)];
  const malformed = { check: 'malformed-token', title: 'Malformed token' };
  yield [await checkTokenDenied(malformed, 'nonsense', authorizationForms, send)];
  const unknownToken = { check: 'unknown-token', title: 'Unknown token' };
  yield [await checkTokenDenied(unknownToken, unknown, authorizationForms, send)];
  const unknownKey = { check: 'unknown-key', title: 'Unknown token as X-API-Key or X-Tokens-Authorization' };
  yield [await checkTokenDenied(unknownKey, unknown, [apiKeyForm, ownForm], send)];
  for (const probe of probesOf(url, mark)) yield [await checkProbe(probe, denied, send)];
  yield [await checkPaths(pathProbe(url, mark), denied, mark, send)];
  yield [await checkPaths(suffixProbe(url, mark), denied, mark, send)];
  yield [await checkProbe(methodProbe(), denied, send)];
  yield* checksWithToken(token, mark, send);
}

function nullIfSilent(error: unknown): null {
  if (error instanceof Error && ['TimeoutError', 'NotHttpError'].includes(error.name)) return null;
  throw error;
}

/** A redirect passes if a bad token gets a 401: people sign in at another gate, and tokensd verifies scripts. */
async function checkNoToken(denied: RawResponse, unknown: string, send: Send): Promise<Check> {
  const name = { check: 'no-token', title: 'No token' };
  const check = checkDenied(name, denied);
  if (denied.status < 300 || denied.status >= 400) return check;
  const bad = await checkTokenDenied(name, unknown, authorizationForms, send);
  return bad.result === 'passed' ? passed(name, `${describe(denied)}; a bad token gets 401`) : check;
}

/** Passes only if the token is denied in each of these forms. */
async function checkTokenDenied(name: CheckName, token: string, forms: readonly Form[], send: Send): Promise<Check> {
  let check = skipped(name, 'no form to try');
  for (const form of forms) {
    check = checkDenied(name, await send({ fields: form.fields(token) }));
    if (check.result === 'failed') return check;
  }
  return check;
}

/** Passes only a 401 with a challenge. */
function checkDenied(name: CheckName, response: RawResponse | null): Check {
  if (response === null) return failed(name, 'no response; it must be 401', useVerifyRoute);
  const { status } = response;
  if (status === 401 && response.all('WWW-Authenticate').length > 0) return passed(name, describe(response));
  if (status === 401) return failed(name, 'responded 401 without WWW-Authenticate', useVerifyRoute);
  if (status < 300) return failed(name, `${describe(response)}: your API is open to everyone`, verifyRequests);
  if (status < 400) {
    return failed(name, `${describe(response)}: scripts cannot follow it; it must be 401`, verifyRequests);
  }
  return failed(name, `${describe(response)}; it must be 401`, status < 500 ? verifyRequests : useVerifyRoute);
}

async function checkProbe(probe: Probe, denied: RawResponse, send: Send): Promise<Check> {
  if (denied.status < 300) return skipped(probe, 'the response without a token is no denial to compare with');
  let last: RawResponse | null = null;
  for (const request of probe.requests) {
    last = await send(request);
    if (last === null || isDenial(probe, last.status, denied.status)) continue;
    return failed(probe, `${describe(last)}, but the request must be denied (${summary(request)})`, probe.advice);
  }
  return passed(probe, describe(last));
}

function isDenial({ expected }: Probe, status: number, deniedStatus: number): boolean {
  if (expected === 'closed') return status >= 300;
  return status === deniedStatus || [400, 401, 403, 431].includes(status);
}

/** Skips the check if the proxy serves a page even for paths that do not exist, such as an application's start page. */
async function checkPaths(probe: Probe, denied: RawResponse, mark: string, send: Send): Promise<Check> {
  if (denied.status < 300) return checkProbe(probe, denied, send);
  const missing = await send({ line: `/${mark}` });
  if (missing !== null && missing.status < 300) {
    return skipped(probe, `a path that does not exist also ${describe(missing)}`);
  }
  return checkProbe(probe, denied, send);
}

/** Returns the part of a request that makes it a probe. */
function summary({ method, line, fields = [] }: RawRequest): string {
  return method ?? line ?? fields[0]?.join(': ') ?? '';
}

function randomText(alphabet: string, length: number): string {
  const numbers = crypto.getRandomValues(new Uint32Array(length));
  return Array.from(numbers, (number) => alphabet.charAt(number % alphabet.length)).join('');
}
