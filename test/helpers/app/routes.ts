import type { AppType } from '../../../server/http/app.ts';

export interface Route {
  method: string;
  /** As the router knows it: `/api/v1/tokens/:id`. */
  path: string;
}

/** Every route of the app once; what stands in front of routes is not one. */
export function routesOf(app: Pick<AppType, 'routes'>): Route[] {
  const routes = app.routes.filter(({ path }) => !path.endsWith('*'));
  const inFront = new Set(routes.filter(({ method }) => method !== 'ALL').map(({ path }) => `ALL ${path}`));
  const keys = routes.map(({ method, path }) => `${method} ${path}`).filter((key) => !inFront.has(key));
  return [...new Set(keys)].map((key) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, path };
  });
}
