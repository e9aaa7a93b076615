import { isLoopback } from '../../../shared/urls.ts';
import type { Config } from '../../config/config.ts';
import { localAddress } from '../../config/listen-address.ts';
import { type Answer, askDaemonAt, askDaemonHere } from './ask-daemon.ts';
import type { Check } from './check.ts';

type AddressConfig = Pick<Config, 'listen' | 'publicUrl'>;

/**
 * Checks what answers at `TOKENSD_LISTEN` and at the public URL. The public URL is asked only if something answers at the
 * former, because a proxy without a daemon says nothing about its configuration.
 */
export async function checkAddresses(config: AddressConfig): Promise<Check[]> {
  const local = localAddress(config.listen);
  const here = await askDaemonHere(config.listen);
  const daemon = judgeDaemon(config, local, here);
  return [daemon, here.kind === 'none' ? skipped(config, local) : await checkPublicUrl(config), ...judgeScheme(config)];
}

function skipped({ publicUrl }: AddressConfig, local: string): Check {
  const detail = `${publicUrl} was not asked, because nothing answers at ${local}. Start tokensd and check again.`;
  return { name: 'public URL', state: 'skipped', detail };
}

function judgeDaemon({ publicUrl }: AddressConfig, address: string, here: Answer): Check {
  const name = 'daemon';
  if (here.kind === 'none' && here.code === 'EACCES') {
    const detail = `This user may not connect to ${address}. Run the command as the user of tokensd.`;
    return { name, state: 'warning', detail };
  }
  if (here.kind === 'none') {
    return { name, state: 'warning', detail: `tokensd does not run at ${address}. Start it with tokensd serve.` };
  }
  if (here.kind !== 'tokensd') {
    const detail = `Another program uses ${address}. Stop it, or set TOKENSD_LISTEN to another address.`;
    return { name, state: 'failed', detail };
  }
  if (here.issuer === publicUrl) return { name, state: 'ok', detail: `tokensd runs at ${address}.` };
  const detail = `The tokensd at ${address} has the public URL ${here.issuer}, and these settings have ${publicUrl}. Restart it with these settings, or correct TOKENSD_PUBLIC_URL.`;
  return { name, state: 'failed', detail };
}

async function checkPublicUrl({ publicUrl }: AddressConfig): Promise<Check> {
  const name = 'public URL';
  const failed = (detail: string): Check => ({ name, state: 'failed', detail });
  const there = await askDaemonAt(publicUrl);
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
      return failed(
        `${publicUrl} does not lead to tokensd: status ${there.status}. Let the proxy pass every path to tokensd, or correct TOKENSD_PUBLIC_URL.`,
      );
    case 'none':
      return failed(describeSilence(publicUrl, there.code));
  }
}

function describeSilence(publicUrl: string, code: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `${new URL(publicUrl).hostname} has no address here (${code}). Add it to your DNS, or correct TOKENSD_PUBLIC_URL.`;
  }
  if (/CERT|SSL|TLS|SIGNATURE|EPROTO/.test(code)) {
    return `The certificate of ${publicUrl} is not accepted (${code}). Correct it, or name your own CA in NODE_EXTRA_CA_CERTS.`;
  }
  return `Nothing answers at ${publicUrl} (${code}), although tokensd runs. Start the proxy in front of it, or correct TOKENSD_PUBLIC_URL.`;
}

/** Warns about plain HTTP, over which the console lets nobody sign in. */
function judgeScheme({ publicUrl }: AddressConfig): Check[] {
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'https:' || isLoopback(hostname)) return [];
  const detail = `${publicUrl} is not encrypted, so nobody can sign in to the console. Put a proxy with TLS in front of tokensd, and set TOKENSD_PUBLIC_URL to its https:// address.`;
  return [{ name: 'encryption', state: 'warning', detail }];
}
