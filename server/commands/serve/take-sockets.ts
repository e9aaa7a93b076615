import type { Config } from '../../config/config.ts';
import type { PassedSockets } from '../../config/passed-sockets.ts';
import type { Log } from '../../observability/log.ts';

/**
 * Returns the settings with the sockets that systemd passed in place of those that they name, and logs what they replace. The public URL still
 * comes from the settings, because nobody can tell it from a socket.
 */
export function takeSockets(config: Config, passed: PassedSockets, log: Log): Config {
  const taken = { ...config, sources: { ...config.sources } };
  for (const [field, setting] of [
    ['listen', 'TOKENSD_LISTEN'],
    ['internalListen', 'TOKENSD_INTERNAL_LISTEN'],
  ] as const) {
    const address = passed[field];
    if (address === null) continue;
    log.info({ setting, ...address }, 'systemd passed a socket, which takes the place of this setting');
    taken[field] = address;
    taken.sources[setting] = 'systemd';
  }
  if (passed.listen !== null && config.sources.TOKENSD_PUBLIC_URL === undefined) {
    const { publicUrl } = config;
    log.warn(
      { publicUrl },
      'systemd passed a socket, and TOKENSD_PUBLIC_URL is not set; set it to the address that members use',
    );
  }
  return taken;
}
