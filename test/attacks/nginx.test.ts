import { startNginx } from '../helpers/proxies.ts';
import { hasRealParts } from '../helpers/real-parts.ts';
import { describeBehind } from './proxied-daemon.ts';

describeBehind('nginx', { start: startNginx, skip: !hasRealParts('nginx') });
