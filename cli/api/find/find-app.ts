import type { App } from '../../../shared/schemas/apps.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { appShape, pageShape } from '../shapes.ts';
import { didYouMean } from './close-names.ts';

/** Returns the app with this name. @throws CliError `app-not-found`. */
export async function findApp(api: Api, name: string): Promise<App> {
  // An empty name would be a bad request.
  const [app] = name === '' ? [] : await collect((page) => readApps(api, { name, ...page }), 1);
  if (app) return app;
  const others = (await listApps(api).catch(() => [])).map((one) => one.name);
  const guess = didYouMean(name, others);
  const detail = `There is no app "${sanitize(name)}".${guess} Run \`tokens apps list\` to see all apps.`;
  throw localError('app-not-found', detail);
}

export function listApps(api: Api): Promise<App[]> {
  return collect((page) => readApps(api, page));
}

function readApps(api: Api, query: { name?: string; limit?: string; cursor?: string }) {
  return expectBody(api.apps.$get({ query }), pageShape(appShape));
}
