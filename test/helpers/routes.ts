import type { AppType } from '../../server/http/app.ts';

export interface Route {
  method: string;
  /** As the router knows it: `/api/v1/tokens/:id`. */
  path: string;
}

/** Every route of the app once; what stands in front of many routes is not one. */
export function routesOf(app: Pick<AppType, 'routes'>): Route[] {
  const keys = app.routes.filter(({ path }) => !path.endsWith('*')).map(({ method, path }) => `${method} ${path}`);
  return [...new Set(keys)].map((key) => {
    const [method = '', path = ''] = key.split(' ');
    return { method, path };
  });
}
