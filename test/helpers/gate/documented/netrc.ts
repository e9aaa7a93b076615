import type { Given } from './client.ts';

/** Writes the page's `.netrc`. Its programs expect a host without a port. */
export function writeNetrc({ home, recipe, url }: Given): Promise<string> {
  return home.write('.netrc', recipe('netrc').replace(new URL(url).host, '127.0.0.1'));
}
