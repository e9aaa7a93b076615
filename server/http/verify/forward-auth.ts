import { onlyValue } from '../raw-headers.ts';
import { originForm } from './original-request.ts';
import type { VerifyRoute } from './route.ts';

/** Caddy `forward_auth` and Traefik ForwardAuth: the request is told in `X-Forwarded-…` fields. */
export const forwardAuth: VerifyRoute = {
  name: 'forward-auth',
  owns: (path) => path === '/verify/forward-auth',
  original({ rawHeaders }) {
    const target = onlyValue(rawHeaders, 'x-forwarded-uri');
    return {
      method: onlyValue(rawHeaders, 'x-forwarded-method'),
      target: target === null ? null : originForm(target),
    };
  },
};
