import type { AppType } from '../../../server/http/app.ts';

export interface Route {
  method: string;
  /** The path as the router declares it, such as `/api/v1/tokens/:id`. */
  path: string;
}

/** Returns every route of the app once. Middleware is not a route. */
export function routesOf(app: Pick<AppType, 'routes'>): Route[] {
  const routes = app.routes.filter(({ path }) => !path.endsWith('*'));
  const middleware = new Set(routes.filter(({ method }) => method !== 'ALL').map(({ path }) => `ALL ${path}`));
  const keys = routes.map(({ method, path }) => `${method} ${path}`).filter((key) => !middleware.has(key));
  return [...new Set(keys)].map((key) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, path };
  });
}
