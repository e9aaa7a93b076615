import { parseUrl } from '../../../shared/urls.ts';
import { localError } from '../../errors.ts';
import type { Server } from '../../session/server-url.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { HeaderFields } from './header-fields.ts';
import { toNetworkError } from './network-errors.ts';

export interface GuardedFetchOptions {
  readonly server: Server;
  /** Sent with every request. */
  readonly gatewayHeaders: Readonly<Record<string, string>>;
  readonly userAgent: string;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Time limit from sending the request to the end of the response. */
  readonly responseTimeoutMs: number;
  /** Receives a line for each request and response, without headers and bodies. */
  readonly trace: (line: string) => Promise<void>;
}

/**
 * Returns a `fetch` that sends this program's User-Agent, asks for responses without compression, never follows a redirect and enforces a time limit.
 * The returned function throws a CliError: `redirected`, which names the target, or `LostResponse` if the network failed.
 */
export function guardFetch(send: typeof fetch, options: GuardedFetchOptions): typeof fetch {
  const startTimeout = createTimeouts(options.signal, options.responseTimeoutMs);
  return async (input, init) => {
    const headers = new HeaderFields(init?.headers as Iterable<[string, string]>);
    headers.set('User-Agent', options.userAgent);
    // A proxy that compresses a response changes its ETag, and the change that sends it back in If-Match would fail.
    headers.set('Accept-Encoding', 'identity');
    for (const [name, value] of Object.entries(options.gatewayHeaders)) headers.set(name, value);
    const signal = startTimeout();
    // The URL can contain an id that the server sent.
    await options.trace(sanitize(`> ${init?.method ?? 'GET'} ${input}`));
    try {
      const response = await send(input, { ...init, headers: [...headers], redirect: 'manual', signal });
      await options.trace(`< ${response.status}`);
      rejectRedirect(response, options.server);
      return response;
    } catch (error) {
      throw toNetworkError(error, options.server.url);
    }
  };
}

/**
 * Returns a function that starts the time limit of one request and returns its signal. Uses `setTimeout`, because Node
 * 20 may garbage-collect the signals of `AbortSignal.any` and `AbortSignal.timeout` before they fire.
 */
function createTimeouts(cancel: AbortSignal, limitMs: number): () => AbortSignal {
  const running = new Set<AbortController>();
  const abortAll = () => {
    for (const controller of running) controller.abort(cancel.reason);
  };
  cancel.addEventListener('abort', abortAll, { once: true });
  return () => {
    const controller = new AbortController();
    running.add(controller);
    if (cancel.aborted) abortAll();
    setTimeout(() => controller.abort(new DOMException('No response in time', 'TimeoutError')), limitMs).unref();
    return controller.signal;
  };
}

function rejectRedirect(response: Response, server: Server): void {
  if (response.status < 300 || response.status > 399) return;
  const location = response.headers.get('location');
  if (location === null) return;
  const target = parseUrl(location, server.url)?.href ?? location;
  throw localError(
    'redirected',
    `${server.url} redirects to ${sanitize(target)}, and redirects are not followed. Use that address as the server if you trust it, or pass what a gateway needs with \`tokens login --header\`.`,
  );
}
