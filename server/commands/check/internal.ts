import { isLoopback } from '../../../shared/urls.ts';
import type { Config } from '../../config/config.ts';
import { type ListenAddress, listenText } from '../../config/listen-address.ts';
import { askDaemonHere } from './ask-daemon.ts';
import type { Check } from './check.ts';
import { askLocally } from './local-request.ts';

type InternalConfig = Pick<Config, 'listen' | 'internalListen' | 'publicUrl'>;

const verifyPath = '/verify/auth-request';
const maxMs = 6_000;

/** Checks what answers at `TOKENSD_INTERNAL_LISTEN`, and whether the public URL serves what belongs there. */
export async function checkInternal(config: InternalConfig): Promise<Check[]> {
  const [own, published] = await Promise.all([checkInternalListener(config), checkPublished(config)]);
  return [...own, ...published];
}

async function checkInternalListener({ internalListen }: InternalConfig): Promise<Check[]> {
  if (internalListen === null) return [];
  const name = 'internal listener';
  const address = listenText(internalListen);
  const answer = await askInternally(internalListen);
  if (answer === 'tokensd') return [{ name, state: 'ok', detail: `tokensd verifies tokens at ${address}.` }];
  if (answer === 'nothing') {
    return [{ name, state: 'warning', detail: `tokensd does not run at ${address}. Start it with tokensd serve.` }];
  }
  const detail = `Another program uses ${address}, or a tokensd without TOKENSD_INTERNAL_LISTEN. Stop it, or choose another address.`;
  return [{ name, state: 'failed', detail }];
}

/** Asks what answers at the internal address, in the same way as a proxy does. */
async function askInternally(address: ListenAddress): Promise<'tokensd' | 'other' | 'nothing'> {
  try {
    const { status, challenge } = await askLocally(address, verifyPath, maxMs);
    return isDenial(status, challenge) ? 'tokensd' : 'other';
  } catch {
    return 'nothing';
  }
}

/** Reports whether a response is that of a verification route to a request without a credential. */
function isDenial(status: number | undefined, challenge: string | null | undefined): boolean {
  return status === 401 && challenge?.startsWith('Token') === true;
}

/**
 * Checks whether everybody can reach `/metrics` and `/verify/…` through the proxy in front of the console. Without a daemon, the proxy
 * reaches neither.
 */
async function checkPublished({ publicUrl, listen }: InternalConfig): Promise<Check[]> {
  const { hostname, port } = new URL(publicUrl);
  // No proxy is in between, so the daemon itself decides who may read the metrics.
  if (isLoopback(hostname) && 'port' in listen && Number(port) === listen.port) return [];
  if ((await askDaemonHere(listen)).kind === 'none') return [];
  const [metrics, verify] = await Promise.all([
    askPublicly(`${publicUrl}/metrics`),
    askPublicly(publicUrl + verifyPath),
  ]);
  const remedy = 'Set TOKENSD_INTERNAL_LISTEN and use that address in your proxies and your monitoring.';
  const checks: Check[] = [];
  if (metrics?.status === 200 && (await metrics.text()).includes('tokensd_build_info')) {
    checks.push({ name: 'metrics', state: 'failed', detail: `Everybody can read ${publicUrl}/metrics. ${remedy}` });
  }
  if (isDenial(verify?.status, verify?.headers.get('www-authenticate'))) {
    const detail = `Everybody can ask ${publicUrl}/verify/…, and so change the last use that is shown of their tokens. ${remedy}`;
    checks.push({ name: 'verification', state: 'warning', detail });
  }
  return checks;
}

async function askPublicly(url: string): Promise<Response | null> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(maxMs) });
  } catch {
    // The check of the public URL reports what is wrong.
    return null;
  }
}
