import { hasProgram, startNginx } from '../helpers/proxies.ts';
import { describeBehind } from './behind-proxy.ts';

describeBehind('nginx', { start: startNginx, skip: !hasProgram('nginx', '-v') });
