import { Hono } from 'hono';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { text } from '../form-values.ts';
import { safeReturnPath } from '../return-path.ts';
import { rememberSearchKey, searchKeyPath } from './search-key.ts';
import { rememberTheme, themePath } from './theme.ts';

/** The routes that change how the console looks and reacts in this browser. */
export function preferenceRoutes({ config: { publicUrl } }: Pick<AppDeps, 'config'>) {
  const goBack = (c: AppContext, next: unknown) => c.redirect(safeReturnPath(text(next), publicUrl), 303);
  return new Hono<AppEnv>()
    .post(themePath, async (c) => {
      const { theme, next } = await c.req.parseBody();
      rememberTheme(c, publicUrl, theme);
      return goBack(c, next);
    })
    .post(searchKeyPath, async (c) => {
      const { key, next } = await c.req.parseBody();
      rememberSearchKey(c, publicUrl, key);
      return goBack(c, next);
    });
}
