/**
 * The first segments of the paths of the daemon's pages and routes, as the source of a regular expression. The public URL
 * must not contain one of them, and the command line removes them from an address that was copied from a browser.
 */
export const daemonPathSegments = [
  'api/v1',
  'api-token-auth',
  'assets',
  'device',
  'healthz',
  'invitation',
  'leaks',
  'login',
  'logout',
  'metrics',
  'oauth',
  'openapi\\.json',
  'organization',
  'overview',
  'password',
  'profile',
  'readyz',
  'recover',
  'schemas',
  'search',
  'sso',
  'verify',
  '\\.well-known',
].join('|');
