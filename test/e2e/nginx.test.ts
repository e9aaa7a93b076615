import { startNginx } from '../helpers/proxies.ts';
import { hasRealParts } from '../helpers/real-parts.ts';
import { describeBehind } from './behind-proxy.ts';

describeBehind('nginx', { start: startNginx, skip: !hasRealParts('nginx') });
