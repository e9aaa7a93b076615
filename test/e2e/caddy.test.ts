import { startCaddy } from '../helpers/proxies.ts';
import { hasRealParts } from '../helpers/real-parts.ts';
import { describeBehind } from './behind-proxy.ts';

describeBehind('Caddy', { start: startCaddy, skip: !hasRealParts('caddy') });
