import { hasForbiddenCharacters } from '../names.ts';
import { parseUrl } from '../urls.ts';

/**
 * Returns a host in the form in which two names of one host are equal: in lower case, without a final dot, international names in
 * Punycode, IPv6 addresses in brackets. Returns null for text that is not a host alone.
 */
export function normalizeHost(text: string): string | null {
  const host = text.trim().replace(/(?<=[^.])\.$/, '');
  // Converting an international name leaves out characters that nobody sees.
  if (hasForbiddenCharacters(host)) return null;
  if (host === '' || /[\s/\\?#@%*,]/.test(host) || (/:/.test(host) && !/^\[[^\]]*\]$/.test(host))) return null;
  if (parseUrl(`http://${host}/`) === null) return null;
  const { hostname } = new URL(`http://${host}/`);
  const labels = hostname.split('.');
  return hostname.length <= 253 && labels.every((label) => label !== '' && label.length <= 63) ? hostname : null;
}
