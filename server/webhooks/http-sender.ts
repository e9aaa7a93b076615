import type { Agent, Dispatcher } from 'undici';
import { AddressRefused, checkedLookup, type Resolve, systemResolve } from '../checked-lookup.ts';
import type { WebhookUrls } from '../domain/events/webhook-url.ts';
import { hostKind, isLoopbackAddress, isPublicAddress } from '../domain/host-kind.ts';
import type { SendOutcome, WebhookSender } from './sender.ts';

const timeoutMs = 15_000;
/** Maximum number of bytes of an answer that are read, so that the connection can be used again. A longer answer closes it. */
const maxAnswerBytes = 64 * 1024;

type Reach = 'listed' | 'loopback' | 'public';

const mayReach: Record<Reach, (address: string) => boolean> = {
  listed: () => true,
  loopback: isLoopbackAddress,
  public: isPublicAddress,
};

export interface HttpSenderOptions {
  urls: WebhookUrls;
  userAgent: string;
  resolve?: Resolve;
}

/**
 * Sends over HTTP. Which addresses a request may reach depends on the host of its URL. A literal address is checked before the
 * connection, because Node.js resolves no literals. A name is checked when it is resolved for the connection. Redirects are not
 * followed, and proxy variables do not count.
 */
export function createHttpSender({ urls, userAgent, resolve = systemResolve }: HttpSenderOptions): WebhookSender {
  const closing = new AbortController();
  const agents = new Map<Reach, Agent>();

  /** Returns the agent for addresses of this kind. Loads undici first, because most daemons have no webhook. */
  async function agentFor(reach: Reach) {
    const { Agent, request } = await import('undici');
    const connect = { lookup: checkedLookup(mayReach[reach], resolve), timeout: timeoutMs };
    const agent = agents.get(reach) ?? new Agent({ connect, connections: 8, pipelining: 1 });
    agents.set(reach, agent);
    return { agent, request };
  }

  function reachOf(url: string): Reach {
    urls.check(url);
    if (urls.isListed(url)) return 'listed';
    return hostKind(new URL(url).hostname) === 'loopback' ? 'loopback' : 'public';
  }

  async function post(url: string, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal) {
    const { agent, request } = await agentFor(reachOf(url));
    const sent = { 'content-type': 'application/json', 'user-agent': userAgent, ...headers };
    const response = await request(url, { method: 'POST', headers: sent, body, dispatcher: agent, signal });
    await readAnswer(response, signal);
    return response.statusCode;
  }

  return {
    async send({ url, headers, body }) {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), timeoutMs);
      try {
        return outcomeOf(await post(url, headers, body, AbortSignal.any([limit.signal, closing.signal])));
      } catch (error) {
        if (closing.signal.aborted) return { kind: 'aborted' };
        const text = limit.signal.aborted ? `There was no answer within ${timeoutMs / 1000} seconds.` : explain(error);
        return { kind: 'failed', error: text };
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      closing.abort();
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

/** Reads the answer and ignores its content. The status counts, even if the rest never comes. */
async function readAnswer({ body }: Dispatcher.ResponseData, signal: AbortSignal): Promise<void> {
  await body.dump({ limit: maxAnswerBytes, signal }).catch(() => undefined);
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status <= 299) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  const redirects = status >= 300 && status <= 399 ? ' Redirects are not followed.' : '';
  return { kind: 'failed', error: `The receiver answered HTTP ${status}.${redirects}` };
}

function explain(error: unknown): string {
  if (error instanceof AddressRefused)
    return `${error.message} The operator can list the host in TOKENSD_WEBHOOK_HOSTS.`;
  if (!(error instanceof Error)) return 'The connection failed.';
  if ('code' in error && typeof error.code === 'string') {
    return error.code === 'invalid-fields' ? error.message : `The connection failed (${error.code}).`;
  }
  return error.cause === undefined ? `The connection failed (${error.name}).` : explain(error.cause);
}
