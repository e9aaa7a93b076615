import { CliError, localProblem, systemCode } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';

/** The daemon's complete response did not arrive. `sent` is true if the daemon may have acted on the request. */
export class LostResponse extends CliError {
  readonly sent: boolean;

  constructor(code: 'unreachable' | 'unavailable' | 'not-tokensd', detail: string, sent: boolean, cause?: unknown) {
    super(localProblem(code, detail), { cause });
    this.sent = sent;
  }
}

/** The network failed, as `fetch` reports it. */
export class NetworkFailure extends TypeError {
  /** The environment variable that names the proxy; undefined without a proxy. */
  readonly proxyVariable: string | undefined;

  constructor(cause: unknown, proxyVariable: string | undefined) {
    super('fetch failed', { cause });
    this.proxyVariable = proxyVariable;
  }
}

/** System errors after which the request cannot have reached the daemon, so nothing was changed. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Turns a network failure into a `LostResponse` that says what to check. Returns other errors unchanged. */
export function toNetworkError(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error instanceof CliError || error.name === 'AbortError') return error;
  if (error.name === 'TimeoutError') {
    return new LostResponse('unreachable', `${url} did not respond in time. Try again later.`, true, error);
  }
  const reason = error.cause ?? error;
  // fetch sets the cause of a network failure. An error with neither cause nor system code is a bug in this program.
  if (reason === error && systemCode(error) === undefined) return error;
  const first = reason instanceof AggregateError ? reason.errors[0] : reason;
  const proxyStatus = refusalStatus(first);
  if (proxyStatus) {
    const detail = `The proxy refused to connect to ${url} (${proxyStatus}). Check HTTPS_PROXY, ALL_PROXY and NO_PROXY.`;
    return new LostResponse('unreachable', detail, false, error);
  }
  const why = systemCode(first) ?? (first instanceof Error ? first.message : error.message);
  if (/^HPE_|^UND_ERR_HEADERS_OVERFLOW$/.test(why) || (first instanceof Error && first.name === 'HTTPParserError')) {
    const detail = `${url} does not respond like a tokensd server. Check the address.`;
    return new LostResponse('not-tokensd', detail, true, error);
  }
  const isTls = /CERT|TLS|SSL|SIGNATURE|EPROTO/.test(why);
  const proxy = proxyVariableOf(error);
  const detail = `${url} cannot be reached${proxy && ` through the proxy in ${proxy}`} (${sanitize(why)}). ${advise(isTls, proxy)}`;
  return new LostResponse('unreachable', detail, !isTls && !neverSent.has(why), error);
}

/** Returns the variable that names the proxy of a failed request, or an empty text. */
function proxyVariableOf(error: Error): string {
  return (error instanceof NetworkFailure && error.proxyVariable) || '';
}

function advise(isTls: boolean, proxyVariable: string): string {
  if (isTls) return 'Check the certificate. For a private certificate authority, set NODE_EXTRA_CA_CERTS.';
  if (proxyVariable !== '') return `Check ${proxyVariable} and NO_PROXY.`;
  return 'Check the address and that the server is running.';
}

/** Returns the HTTP status of a proxy that refused to connect. undici reports the status only in its message. */
function refusalStatus(reason: unknown): string | undefined {
  return reason instanceof Error ? /^Proxy response \((\d+)\)/.exec(reason.message)?.[1] : undefined;
}
