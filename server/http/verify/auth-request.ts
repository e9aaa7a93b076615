import { onlyValue } from '../raw-headers.ts';
import { originForm } from './original-request.ts';
import type { VerifyRoute } from './route.ts';

/** nginx `auth_request` and ingress-nginx: the request is told in `X-Original-…` fields; the URI wins over the full URL. */
export const authRequest: VerifyRoute = {
  name: 'auth-request',
  owns: (path) => path === '/verify/auth-request',
  original({ rawHeaders }) {
    const target = onlyValue(rawHeaders, 'x-original-uri') ?? onlyValue(rawHeaders, 'x-original-url');
    return {
      method: onlyValue(rawHeaders, 'x-original-method'),
      target: target === null ? null : originForm(target),
    };
  },
};
