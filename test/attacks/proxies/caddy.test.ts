import { startCaddy } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { describeBehindProxy } from './proxy-suite.ts';

describeBehindProxy('Caddy', { start: startCaddy, skip: !hasRealParts('caddy') });
