import { Hono } from 'hono';
import type { AppDeps, AppEnv } from '../../../http/context.ts';
import { safeReturnPath } from '../return-path.ts';
import { rememberTheme, themePath } from './theme.ts';

/** The route that changes the theme of the console in this browser. */
export function themeRoutes({ config: { publicUrl } }: Pick<AppDeps, 'config'>) {
  return new Hono<AppEnv>().post(themePath, async (c) => {
    const { theme, next } = await c.req.parseBody();
    rememberTheme(c, publicUrl, theme);
    return c.redirect(safeReturnPath(typeof next === 'string' ? next : undefined, publicUrl), 303);
  });
}
