import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { AppDeps, AppEnv } from '../context.ts';

const self = ["'self'"];

/** Passkeys are made and used by our own pages only. */
const permissionsPolicy = 'publickey-credentials-get=(self), publickey-credentials-create=(self)';

/**
 * Returns middleware that sets the security headers. The content security policy lets an HTML page load resources only
 * from this origin, and images also from `data:` URLs. It lets every other response load nothing.
 */
export function securityHeaders({ config }: Pick<AppDeps, 'config'>): MiddlewareHandler<AppEnv> {
  const common = {
    xFrameOptions: 'DENY',
    strictTransportSecurity: config.publicUrl.startsWith('https:') && 'max-age=15552000',
  } as const;
  const dataHeaders = secureHeaders({
    ...common,
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  });
  const pageHeaders = (formTargets: string[] = []) =>
    secureHeaders({
      ...common,
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: self,
        styleSrc: self,
        imgSrc: [...self, 'data:'],
        connectSrc: self,
        formAction: [...self, ...formTargets],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    });
  return async (c, next) => {
    await next();
    const isPage = c.res.headers.get('content-type')?.startsWith('text/html');
    if (isPage) c.header('Permissions-Policy', permissionsPolicy);
    await (isPage ? pageHeaders(c.get('formTargets')) : dataHeaders)(c, async () => {});
  };
}

/** Prevents caching of API responses, because they can contain secrets and personal data. */
export const noStore: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  c.header('Cache-Control', 'no-store');
};
