import { hasProgram, startCaddy } from '../helpers/proxies.ts';
import { describeBehind } from './behind-proxy.ts';

describeBehind('Caddy', { start: startCaddy, skip: !hasProgram('caddy', 'version') });
