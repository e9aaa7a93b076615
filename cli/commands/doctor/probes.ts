import {
  type Advice,
  identityNames,
  ignoreConnection,
  sendOriginal,
  sendPeerAddress,
  verifyAllPaths,
  verifyRequests,
} from './advice.ts';
import type { RawRequest } from './raw.ts';

/** Requests without a token, all of which the proxy must deny. */
export interface Probe {
  readonly check: string;
  readonly title: string;
  readonly requests: readonly RawRequest[];
  /** `same`: denied with the same status as a plain request. `closed`: denied with any status. */
  readonly expected: 'same' | 'closed';
  readonly advice: Advice;
}

type Fields = NonNullable<RawRequest['fields']>;

/** Paths that proxies often leave open. */
const openPaths = ['/', '/healthz', '/login', '/favicon.ico', '/robots.txt', '/public/', '/static/', '/.well-known/'];

/** Returns identity fields with values that no account has. Each value is different, to show which field was forwarded. */
export function forgedIdentity(mark: string, spell: (name: string) => string): Fields {
  return identityNames.map((name, i) => [spell(name), `${mark}-${i}`]);
}

export const withUnderscores = (name: string) => name.replaceAll('-', '_');

/** Returns the probes. Each is one complete GET, so it leaves no bytes that could be read as the start of another request. */
export function probesOf(url: URL, mark: string): Probe[] {
  const path = url.pathname + url.search;
  return [
    {
      check: 'forged-identity',
      title: 'X-Auth-… without a token',
      requests: [{ fields: forgedIdentity(mark, (name) => name) }],
      expected: 'same',
      advice: verifyRequests,
    },
    {
      check: 'forged-identity-underscores',
      title: 'X_Auth_… without a token',
      requests: [{ fields: forgedIdentity(mark, withUnderscores) }],
      expected: 'same',
      advice: verifyRequests,
    },
    {
      check: 'forged-original',
      title: 'X-Original-… for another request',
      requests: [...openPaths.map((open) => original(url, open)), ...methods('X-Original-Method')],
      expected: 'same',
      advice: sendOriginal,
    },
    {
      check: 'forged-forwarded',
      title: 'X-Forwarded-… for another request',
      requests: [
        ...openPaths.map((open) => ({ fields: [['X-Forwarded-Uri', open] as const] })),
        ...methods('X-Forwarded-Method'),
      ],
      expected: 'same',
      advice: sendOriginal,
    },
    {
      check: 'forged-address',
      title: 'X-Forwarded-For with a local address',
      requests: ['127.0.0.1', '::1', '10.0.0.1'].map((address) => ({ fields: from(address) })),
      expected: 'same',
      advice: sendPeerAddress,
    },
    {
      check: 'long-forwarded-for',
      title: 'X-Forwarded-For with 10,000 addresses',
      requests: [{ fields: from(Array(10_000).fill('10.0.0.1').join(', ')) }],
      expected: 'closed',
      advice: sendPeerAddress,
    },
    {
      check: 'hop-by-hop',
      title: 'Connection: Authorization',
      requests: [
        { fields: [['Connection', 'close, Authorization, X-API-Key, X-Tokens-Authorization']] },
        {
          fields: [
            ['Authorization', 'Token nonsense'],
            ['Connection', 'close, Authorization'],
          ],
        },
        { fields: [...from('127.0.0.1'), ['Connection', 'close, X-Forwarded-For, X-Forwarded-Uri, X-Original-URI']] },
      ],
      expected: 'same',
      advice: ignoreConnection,
    },
    {
      check: 'absolute-form',
      title: 'Absolute URL in the request line',
      requests: [{ line: `${url.protocol}//${url.host}${path}` }],
      expected: 'closed',
      advice: verifyAllPaths,
    },
    {
      check: 'two-hosts',
      title: 'Two Host headers',
      requests: [{ fields: [['Host', 'tokens-doctor.invalid']] }],
      expected: 'closed',
      advice: verifyAllPaths,
    },
    {
      check: 'two-lengths',
      title: 'Transfer-Encoding and Content-Length',
      // These five bytes are the whole body under either rule.
      requests: [
        {
          fields: [
            ['Transfer-Encoding', 'chunked'],
            ['Content-Length', '5'],
          ],
          body: '0\r\n\r\n',
        },
      ],
      expected: 'closed',
      advice: verifyAllPaths,
    },
  ];
}

/** Returns other spellings of the path, for proxies that match paths differently from the API. */
export function pathProbe(url: URL, mark: string): Probe {
  const { pathname, search } = url;
  const encoded = pathname.replace(/[a-z](?=[^/]*$)/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  const spellings = [
    `/${pathname}`,
    `/.${pathname}`,
    `/${mark}/..${pathname}`,
    `/${mark}/%2e%2e${pathname}`,
    `/${mark}/..%2f${pathname.slice(1)}`,
    `${pathname};${mark}`,
    encoded,
    pathname.toUpperCase(),
  ].filter((spelling) => spelling !== pathname);
  return {
    check: 'path-spellings',
    title: 'Other spellings of the path',
    requests: spellings.map((spelling) => ({ line: spelling + search })),
    expected: 'closed',
    advice: verifyAllPaths,
  };
}

/**
 * Returns paths below the address that end like files. Proxies often serve these by a rule of their own, such as
 * `location ~* \.css$` in nginx, which takes precedence over the rule that verifies.
 */
export function suffixProbe({ pathname }: URL, mark: string): Probe {
  const below = pathname.replace(/\/+$/, '');
  const suffixes = ['css', 'js', 'png', 'ico', 'woff2', 'html', 'json', 'txt', 'php'];
  return {
    check: 'path-suffixes',
    title: 'Paths that end like files',
    requests: suffixes.map((suffix) => ({ line: `${below}/${mark}.${suffix}` })),
    expected: 'same',
    advice: verifyAllPaths,
  };
}

/** Returns requests with other methods that change no data (RFC 9110 §9.2.1, RFC 4918 §9.1). */
export function methodProbe(): Probe {
  return {
    check: 'methods',
    title: 'HEAD, OPTIONS and PROPFIND',
    requests: (['HEAD', 'OPTIONS', 'PROPFIND'] as const).map((method) => ({ method })),
    expected: 'closed',
    advice: verifyRequests,
  };
}

function original(url: URL, path: string): RawRequest {
  return {
    fields: [
      ['X-Original-URI', path],
      ['X-Original-URL', url.origin + path],
      ['X-Rewrite-URL', path],
    ],
  };
}

function methods(name: string): RawRequest[] {
  return ['OPTIONS', 'HEAD'].map((method) => ({
    fields: [
      [name, method],
      ['X-HTTP-Method-Override', method],
    ],
  }));
}

function from(address: string): Fields {
  return [
    ['X-Forwarded-For', address],
    ['X-Real-IP', address],
    ['True-Client-IP', address],
    ['Forwarded', `for="${address.includes(':') ? `[${address}]` : address}"`],
  ];
}
