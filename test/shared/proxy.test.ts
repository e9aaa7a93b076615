import { describe, expect, it } from 'vitest';
import { ProxyVariableError, proxyFor, readProxyVariables } from '../../shared/proxy.ts';

const proxy = 'http://proxy.example.com:3128';

/** Returns the proxy that an environment chooses for a URL, or null. */
function chosen(url: string, env: Record<string, string>): string | null {
  return proxyFor(new URL(url), readProxyVariables(env))?.url.href.replace(/\/$/, '') ?? null;
}

describe('the proxy of a request', () => {
  it.each<[string, Record<string, string>, string | null]>([
    ['https://a.example', {}, null],
    ['https://a.example', { HTTPS_PROXY: proxy }, proxy],
    ['https://a.example', { https_proxy: proxy }, proxy],
    ['https://a.example', { HTTP_PROXY: proxy }, null],
    ['http://a.example', { HTTP_PROXY: proxy }, proxy],
    ['http://a.example', { http_proxy: proxy, HTTP_PROXY: 'http://other:1' }, proxy],
    ['http://a.example', { HTTPS_PROXY: proxy }, null],
    ['https://a.example', { ALL_PROXY: proxy }, proxy],
    ['http://a.example', { all_proxy: proxy }, proxy],
    ['https://a.example', { ALL_PROXY: 'http://other:1', HTTPS_PROXY: proxy }, proxy],
    ['https://a.example', { HTTPS_PROXY: '' }, null],
    ['https://a.example', { HTTPS_PROXY: '', ALL_PROXY: proxy }, proxy],
    ['https://a.example', { HTTPS_PROXY: 'proxy.example.com:3128' }, proxy],
    [
      'https://a.example',
      { HTTPS_PROXY: 'http://ada:pw@proxy.example.com:3128' },
      'http://ada:pw@proxy.example.com:3128',
    ],
    ['https://a.example', { ALL_PROXY: 'socks5h://proxy.example.com:1080' }, 'socks5h://proxy.example.com:1080'],
  ])('for %s with %o is %s', (url, env, expected) => {
    expect(chosen(url, env)).toBe(expected);
  });

  it.each(['http://localhost:8420', 'https://127.0.0.1', 'https://127.9.9.9', 'https://[::1]:8420'])(
    'is never used for %s',
    (url) => {
      expect(chosen(url, { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy })).toBeNull();
    },
  );

  it('is named by its variable', () => {
    const found = (env: Record<string, string>) => proxyFor(new URL('https://a.example'), env)?.variable;
    expect(found({ https_proxy: proxy })).toBe('https_proxy');
    expect(found({ ALL_PROXY: proxy })).toBe('ALL_PROXY');
  });

  it.each([
    'ftp://proxy.example.com',
    'http//proxy.example.com:3128',
    'http://',
    'http://:3128',
    'http://a b',
    ':',
    'socks4://proxy.example.com:1080',
  ])('is rejected as %s, without repeating the value', (value) => {
    expect(() => chosen('https://a.example', { HTTPS_PROXY: value })).toThrow(ProxyVariableError);
    expect(() => chosen('https://a.example', { HTTPS_PROXY: value })).toThrow(/^HTTPS_PROXY is not the URL of a proxy/);
  });
});

describe('NO_PROXY', () => {
  it.each([
    ['*', 'https://a.example'],
    ['a.example', 'https://a.example'],
    ['A.Example', 'https://a.example'],
    ['a.example', 'https://sub.a.example'],
    ['.a.example', 'https://sub.a.example'],
    ['.a.example', 'https://a.example'],
    ['*.a.example', 'https://sub.a.example'],
    ['a.example.', 'https://a.example'],
    ['other.example, a.example', 'https://a.example'],
    ['other.example a.example', 'https://a.example'],
    ['a.example:443', 'https://a.example'],
    ['a.example:8443', 'https://a.example:8443'],
    ['10.1.2.3', 'https://10.1.2.3'],
    ['10.0.0.0/8', 'https://10.1.2.3'],
    ['10.0.0.0/8', 'https://10.1.2.3:8443'],
    ['0.0.0.0/0', 'https://10.1.2.3'],
    ['fd00::/8', 'https://[fd12::1]'],
    ['[fd12::1]', 'https://[fd12::1]'],
    ['[fd12::1]:8443', 'https://[fd12::1]:8443'],
    ['fd12:0::1', 'https://[fd12::1]'],
  ])('with %s excepts %s', (list, url) => {
    expect(chosen(url, { HTTPS_PROXY: proxy, NO_PROXY: list })).toBeNull();
    expect(chosen(url, { HTTPS_PROXY: proxy, no_proxy: list })).toBeNull();
  });

  it.each([
    ['', 'https://a.example'],
    [',', 'https://a.example'],
    ['.', 'https://a.example'],
    ['a.example', 'https://ba.example'],
    ['sub.a.example', 'https://a.example'],
    ['a.example:8443', 'https://a.example'],
    ['10.0.0.0/8', 'https://11.1.2.3'],
    ['10.0.0.0/33', 'https://10.1.2.3'],
    ['10.0.0.0/x', 'https://10.1.2.3'],
    ['0.0.0.0/0', 'https://a.example'],
    ['0.0.0.0/0', 'https://[fd12::1]'],
    ['fd00::/8', 'https://[fe80::1]'],
    ['0.1.2.3', 'https://10.1.2.3'],
  ])('with %s does not except %s', (list, url) => {
    expect(chosen(url, { HTTPS_PROXY: proxy, NO_PROXY: list })).toBe(proxy);
  });
});
