import { startCaddy } from '../helpers/proxies.ts';
import { hasRealParts } from '../helpers/real-parts.ts';
import { describeBehind } from './proxied-daemon.ts';

describeBehind('Caddy', { start: startCaddy, skip: !hasRealParts('caddy') });
