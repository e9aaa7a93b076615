import { startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { describeBehindProxy } from './proxy-suite.ts';

describeBehindProxy('nginx', { start: startNginx, skip: !hasRealParts('nginx') });
