import { CliError, localError, localProblem, systemCode } from '../errors.ts';
import type { Server } from '../session/server-url.ts';
import { plain } from '../ui/plain.ts';
import { HeaderFields } from './header-fields.ts';

export interface ExchangeOptions {
  readonly server: Server;
  readonly userAgent: string;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** From sending a request to the end of its answer. */
  readonly answerMs: number;
  /** Told of each request and answer; never of headers or bodies. */
  readonly trace: (line: string) => Promise<void>;
}

/** The request cannot have reached the daemon, so repeating it is pointless and nothing was changed. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** No answer came, or not all of it. `sent` tells whether the daemon may have acted on the request. */
export class LostAnswer extends CliError {
  readonly sent: boolean;

  constructor(code: 'unreachable' | 'unavailable' | 'not-tokensd', detail: string, sent: boolean, cause?: unknown) {
    super(localProblem(code, detail), cause);
    this.sent = sent;
  }
}

/**
 * `fetch` as this program uses it: one User-Agent, no redirects (throws `redirected` and names the target), a limit in
 * time, and failures of the network as `LostAnswer`.
 */
export function exchange(send: typeof fetch, options: ExchangeOptions): typeof fetch {
  const timeLimit = timeLimits(options.signal, options.answerMs);
  return async (input, init) => {
    const headers = new HeaderFields(init?.headers as Iterable<[string, string]>);
    headers.set('User-Agent', options.userAgent);
    const signal = timeLimit();
    // The address may hold what a server told.
    await options.trace(plain(`> ${init?.method ?? 'GET'} ${input}`));
    try {
      const response = await send(input, { ...init, headers: [...headers], redirect: 'manual', signal });
      await options.trace(`< ${response.status}`);
      refuseRedirect(response, options.server);
      return response;
    } catch (error) {
      throw networkError(error, options.server.url);
    }
  };
}

/** Node 20 may collect what `AbortSignal.any` and `AbortSignal.timeout` give before it fires; a timer of ours it keeps. */
function timeLimits(cancel: AbortSignal, limitMs: number): () => AbortSignal {
  const running = new Set<AbortController>();
  const stop = () => {
    for (const controller of running) controller.abort(cancel.reason);
  };
  cancel.addEventListener('abort', stop, { once: true });
  return () => {
    const controller = new AbortController();
    running.add(controller);
    if (cancel.aborted) stop();
    setTimeout(() => controller.abort(new DOMException('No answer in time', 'TimeoutError')), limitMs).unref();
    return controller.signal;
  };
}

/** What a failure of the network means to the person; other errors come back as they are. */
export function networkError(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error instanceof CliError || error.name === 'AbortError') return error;
  if (error.name === 'TimeoutError') {
    return new LostAnswer('unreachable', `${url} did not answer in time. Try again later.`, true, error);
  }
  const reason = error.cause ?? error;
  // fetch wraps what the network did into a TypeError; anything else is a mistake of ours.
  if (reason === error && systemCode(error) === undefined) return error;
  const first = reason instanceof AggregateError ? reason.errors[0] : reason;
  const refusal = proxyRefusal(first);
  if (refusal) {
    const advice = 'Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.';
    return new LostAnswer('unreachable', `The proxy does not connect to ${url} (${refusal}). ${advice}`, false, error);
  }
  const why = systemCode(first) ?? (first instanceof Error ? first.message : error.message);
  if (first instanceof Error && (first.name === 'HTTPParserError' || why === 'UND_ERR_HEADERS_OVERFLOW')) {
    return new LostAnswer('not-tokensd', `${url} does not speak HTTP as tokensd does. Check the address.`, true, error);
  }
  const isTls = /CERT|TLS|SSL|SIGNATURE|EPROTO/.test(why);
  const advice = isTls
    ? 'Check the certificate; for a certificate authority of your own, set NODE_EXTRA_CA_CERTS.'
    : 'Check the address and that the server is running.';
  const detail = `${url} cannot be reached (${plain(why)}). ${advice}`;
  return new LostAnswer('unreachable', detail, !isTls && !neverSent.has(why), error);
}

/** The status with which a proxy refused to connect. undici tells it in words only. */
function proxyRefusal(reason: unknown): string | undefined {
  return reason instanceof Error ? /^Proxy response \((\d+)\)/.exec(reason.message)?.[1] : undefined;
}

function refuseRedirect(response: Response, server: Server): void {
  if (response.status < 300 || response.status > 399) return;
  const location = response.headers.get('location');
  if (location === null) return;
  const target = URL.canParse(location, server.url) ? new URL(location, server.url).href : location;
  throw localError(
    'redirected',
    `${server.url} redirects to ${plain(target)}. Redirects are not followed; if you trust that address, use it as the server.`,
  );
}
