import { startCaddy } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { describeBehind } from './proxied-daemon.ts';

describeBehind('Caddy', { start: startCaddy, skip: !hasRealParts('caddy') });
