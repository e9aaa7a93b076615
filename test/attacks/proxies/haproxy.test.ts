import { startHaproxy } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { describeBehindProxy } from './proxy-suite.ts';

describeBehindProxy('HAProxy', { start: startHaproxy, skip: !hasRealParts('haproxy'), revocations: 50 });
