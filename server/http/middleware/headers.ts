import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { AppDeps, AppEnv } from '../context.ts';

const self = ["'self'"];

/**
 * Returns middleware that sets the security headers. The content security policy allows pages of the console to load only
 * from this origin, and allows every other response to load nothing.
 */
export function securityHeaders({ config }: Pick<AppDeps, 'config'>): MiddlewareHandler<AppEnv> {
  const common = {
    xFrameOptions: 'DENY',
    strictTransportSecurity: config.publicUrl.startsWith('https:') && 'max-age=15552000',
  } as const;
  const forData = secureHeaders({
    ...common,
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  });
  const forPages = (formTargets: string[] = []) =>
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
    await (isPage ? forPages(c.get('formTargets')) : forData)(c, async () => {});
  };
}

/** Keeps responses of the API, which hold secrets and personal data, out of every cache. */
export const noStore: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  c.header('Cache-Control', 'no-store');
};
