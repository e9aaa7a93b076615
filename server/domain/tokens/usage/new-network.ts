import type { NewNetwork } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { attemptEach } from '../../notifications/digest/attempt-each.ts';
import type { Notifier } from '../../notifications/notifier.ts';
import type { CountedToken } from './token-counts.ts';

/** Until a token has been in use for this long and this often, each network is new. */
const rule = { minAgeMs: 7 * 24 * 60 * 60 * 1000, minUses: 20 };

/** Notifies owners of the first use of their token from a network. */
export interface Networks {
  /** Enqueues the mails in the transaction that stores the networks. The uses are stored even if a mail cannot be written. */
  notice(store: Store, networks: readonly NewNetwork[], tokens: readonly CountedToken[]): Promise<NetworkNotices>;
  /** Starts sending. Call it after the commit. */
  wake(): void;
}

/** The outcome: whether a mail was enqueued, and the errors of mails that could not be written. */
export interface NetworkNotices {
  noticed: boolean;
  errors: readonly unknown[];
}

export function createNetworks({ notifier, enabled }: { notifier: Notifier; enabled: boolean }): Networks {
  async function noticeOne(store: Store, network: NewNetwork, tokens: readonly CountedToken[]): Promise<boolean> {
    if (!(await store.usage.claimNetworkNotice(network, rule))) return false;
    const token = await store.tokens.findById(network.tokenId);
    const owner = token && (await store.owners.findById(token.ownerId));
    if (!token || !owner) return false;
    const sample = tokens.find(({ tokenId }) => tokenId === token.id)?.samples.get(network.network);
    const { method = null, path = null, ip = null, userAgent = null } = sample ?? {};
    const request = { method, path, clientInfo: { ip, userAgent } };
    await notifier.newNetwork(store, { at: network.at, owner, token, network: network.network, ...request });
    return true;
  }

  return {
    async notice(store, networks, tokens) {
      let noticed = false;
      const errors = await attemptEach(enabled ? firstOfEach(networks) : [], async (network) => {
        noticed = (await noticeOne(store, network, tokens)) || noticed;
      });
      return { noticed, errors };
    },
    wake: notifier.wake,
  };
}

/** Returns the earliest new network of each token. */
function firstOfEach(networks: readonly NewNetwork[]): Iterable<NewNetwork> {
  const first = new Map<string, NewNetwork>();
  for (const network of networks) {
    const known = first.get(network.tokenId);
    if (known === undefined || network.at < known.at) first.set(network.tokenId, network);
  }
  return first.values();
}
