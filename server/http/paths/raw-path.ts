import type { Bindings } from '../context.ts';
import { originForm, pathOf } from '../verify/proxies.ts';

/**
 * Returns the path of a request exactly as it was sent, for the router to match. By default Hono decodes the path, and the
 * Fetch API resolves `..`: a proxy that closes `/metrics` lets `/%6Detrics` and `/x/../metrics` pass, and both would lead
 * there.
 */
export function rawPath(request: Request, options?: { env?: Bindings | undefined }): string {
  return pathOf(originForm(options?.env?.incoming?.url ?? request.url));
}
