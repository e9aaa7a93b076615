import { isLoopback } from '../../../shared/urls.ts';
import type { Config } from '../../config/config.ts';
import { localAddress } from '../../config/listen-address.ts';
import { type Answer, askDaemon } from './ask-daemon.ts';
import type { Check } from './check.ts';

type AddressConfig = Pick<Config, 'listen' | 'publicUrl'>;

/**
 * Checks what answers at `TOKENSD_LISTEN` and at the public URL. The daemon need not run yet: then the public URL can be
 * checked only as far as its proxy.
 */
export async function checkAddresses(config: AddressConfig): Promise<Check[]> {
  const local = localAddress(config.listen);
  const [here, there] = await Promise.all([askDaemon(local), askDaemon(config.publicUrl)]);
  return [judgeDaemon(config, local, here), judgePublicUrl(config, here, there), ...judgeScheme(config)];
}

function judgeDaemon({ publicUrl }: AddressConfig, address: string, here: Answer): Check {
  const name = 'daemon';
  if (here.kind === 'none') {
    return { name, state: 'warning', detail: `tokensd does not run at ${address}. Start it with tokensd serve.` };
  }
  if (here.kind !== 'tokensd') {
    const detail = `Another program uses ${address}. Stop it, or set TOKENSD_LISTEN to a free port.`;
    return { name, state: 'failed', detail };
  }
  if (here.issuer === publicUrl) return { name, state: 'ok', detail: `tokensd runs at ${address}.` };
  const detail = `The tokensd at ${address} has the public URL ${here.issuer}, and these settings have ${publicUrl}. Restart it with these settings, or correct TOKENSD_PUBLIC_URL.`;
  return { name, state: 'failed', detail };
}

/** Statuses of a proxy that does not reach the daemon. */
const gatewayStatuses = [502, 503, 504];

function judgePublicUrl({ publicUrl }: AddressConfig, here: Answer, there: Answer): Check {
  const name = 'public URL';
  const failed = (detail: string): Check => ({ name, state: 'failed', detail });
  const notRunning = here.kind === 'none';
  switch (there.kind) {
    case 'tokensd':
      if (there.issuer === publicUrl) return { name, state: 'ok', detail: `${publicUrl} leads to tokensd.` };
      return failed(
        `${publicUrl} leads to a tokensd whose public URL is ${there.issuer}. Set TOKENSD_PUBLIC_URL to the address that members use.`,
      );
    case 'redirect':
      return failed(
        `${publicUrl} redirects to ${there.to}. Set TOKENSD_PUBLIC_URL to the final address, or let the proxy pass every path to tokensd.`,
      );
    case 'other':
      if (notRunning && gatewayStatuses.includes(there.status)) {
        const detail = `The proxy at ${publicUrl} returns ${there.status}, because tokensd does not run. Start tokensd and check again.`;
        return { name, state: 'warning', detail };
      }
      return failed(
        `${publicUrl} does not lead to tokensd: status ${there.status}. Let the proxy pass every path to tokensd, or correct TOKENSD_PUBLIC_URL.`,
      );
    case 'none':
      return judgeSilence(publicUrl, there.code, notRunning);
  }
}

function judgeSilence(publicUrl: string, code: string, notRunning: boolean): Check {
  const name = 'public URL';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const detail = `${new URL(publicUrl).hostname} has no address here (${code}). Add it to your DNS, or correct TOKENSD_PUBLIC_URL.`;
    return { name, state: 'failed', detail };
  }
  if (/CERT|SSL|TLS|SIGNATURE|EPROTO/.test(code)) {
    const detail = `The certificate of ${publicUrl} is not accepted (${code}). Correct it, or name your own CA in NODE_EXTRA_CA_CERTS.`;
    return { name, state: 'failed', detail };
  }
  if (notRunning) {
    const detail = `Nothing answers at ${publicUrl} (${code}). Start tokensd and its proxy, and check again.`;
    return { name, state: 'warning', detail };
  }
  const detail = `Nothing answers at ${publicUrl} (${code}), although tokensd runs. Start the proxy in front of it, or correct TOKENSD_PUBLIC_URL.`;
  return { name, state: 'failed', detail };
}

/** Warns about plain HTTP, over which the console lets nobody sign in. */
function judgeScheme({ publicUrl }: AddressConfig): Check[] {
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'https:' || isLoopback(hostname)) return [];
  const detail = `${publicUrl} is not encrypted, so nobody can sign in to the console. Put a proxy with TLS in front of tokensd, and set TOKENSD_PUBLIC_URL to its https:// address.`;
  return [{ name: 'encryption', state: 'warning', detail }];
}
