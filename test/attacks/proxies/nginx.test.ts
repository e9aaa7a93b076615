import { startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { describeBehind } from './proxied-daemon.ts';

describeBehind('nginx', { start: startNginx, skip: !hasRealParts('nginx') });
