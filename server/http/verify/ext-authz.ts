import { originForm } from './original-request.ts';
import type { VerifyRoute } from './route.ts';

const prefix = '/verify/ext-authz';

/** Envoy HTTP ext_authz: the request line is the original one, behind a prefix. */
export const extAuthz: VerifyRoute = {
  name: 'ext-authz',
  owns: (path) => path === prefix || path.startsWith(`${prefix}/`),
  original({ method = '', url = '' }) {
    const target = originForm(url).slice(prefix.length);
    return { method, target: target.startsWith('/') ? target : `/${target}` };
  },
};
