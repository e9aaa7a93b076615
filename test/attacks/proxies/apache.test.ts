import { startApache } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { describeBehindProxy } from './proxy-suite.ts';

describeBehindProxy('Apache', { start: startApache, skip: !hasRealParts('apache2'), revocations: 50 });
