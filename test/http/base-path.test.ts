import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basePathMistake } from '../../server/config/base-path.ts';
import { accessTable } from '../../server/http/middleware/access.ts';
import { createOwnPath } from '../../server/http/paths/base-path.ts';
import { pageAccess } from '../../server/web/shell/access.ts';
import { type Member, password } from '../helpers/app/app.ts';
import { startTestServer, type TestResponse, type TestServer } from '../helpers/app/http.ts';
import { strayAddresses } from '../helpers/console/stray-addresses.ts';
import { requestPasswordLink } from '../helpers/sign-in/password-links.ts';
import { storeSession } from '../helpers/sign-in/stored-session.ts';

const basePath = '/tokens';
const publicUrl = `https://example.com${basePath}`;

let server: TestServer;
let tokenId: string;
let value: string;
beforeAll(async () => {
  server = await startTestServer({ publicUrl });
  const issued = await server.issue('there');
  tokenId = issued.token.id;
  value = issued.value;
});
afterAll(() => server.stop());

/** What two kinds of proxies make of a path below the public URL. */
const proxies = {
  'passes the path on': (path: string) => basePath + path,
  'strips the path': (path: string) => path,
};

function get(path: string, as?: Member, headers: Record<string, string> = {}): Promise<TestResponse> {
  const cookie = as === undefined ? {} : { Cookie: `__Secure-tokens_session=${as.session}` };
  const fields = Object.entries({ Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin', ...cookie, ...headers });
  return server.send({ path, headers: fields });
}

const pages = Object.entries(pageAccess).flatMap(([route, access]) => {
  const path = route.replace(/^GET /, '');
  return route.startsWith('GET ') && access !== 'file' ? [path] : [];
});
const dialogs = ['/profile?dialog=end-others', '/profile/api-tokens?dialog=create', '/organization/team?dialog=add'];

describe.each(Object.entries(proxies))('the console behind a proxy that %s', (_kind, behindProxy) => {
  it.each([...pages, ...dialogs, '/profile/nothing-here'])(
    'leads nowhere outside the public URL from %s',
    async (path) => {
      const { root } = server;
      const url = behindProxy(path.replace(':id', root.id));
      for (const member of [undefined, root]) {
        const { status, headers, body } = await get(url, member);
        expect(status).toBeLessThan(500);
        if (headers.location !== undefined) expect(headers.location).toMatch(/^\/tokens\/\w/);
        else if (headers['content-type']?.startsWith('text/html')) {
          expect(body).toContain(`href="${basePath}/assets/console.css?v=`);
          expect(strayAddresses(body, basePath)).toEqual([]);
        }
        for (const cookie of headers['set-cookie'] ?? []) {
          expect(cookie).toMatch(/^__Secure-tokens_\w+=[^;]*; (?:[^;]*; )*Path=\/tokens; /);
        }
      }
    },
  );

  it('signs in and returns to the page that was asked for', async () => {
    const asked = await get(behindProxy('/organization/team?q=a'));
    expect(asked.headers.location).toBe('/tokens/login?next=%2Forganization%2Fteam%3Fq%3Da');
    const form = await get(behindProxy('/login?next=%2Forganization%2Fteam%3Fq%3Da'));
    const visitor = form.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const fields = [...form.body.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
    const hidden = Object.fromEntries(fields.map(([, name = '', text = '']) => [name, text]));
    const body = new URLSearchParams({ ...hidden, email: server.root.email, password });
    const signedIn = await server.send({
      ...{ path: behindProxy('/login'), method: 'POST', body: body.toString() },
      headers: [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Sec-Fetch-Site', 'same-origin'],
        ['Cookie', visitor],
      ],
    });
    expect(signedIn.headers.location).toBe('/tokens/organization/team?q=a');
    expect(signedIn.all('Set-Cookie').join('\n')).toMatch(
      /^__Secure-tokens_session=session_[^;]+;.* Path=\/tokens; .*Secure/m,
    );
  });

  it('returns to a page whose address contains the path of the public URL', async () => {
    const { headers } = await get(behindProxy('/login?next=%2Ftokens%2Fprofile'), server.root);
    expect(headers.location).toBe('/tokens/profile');
  });

  it.each(['%2Ftokens%2F%2Fevil.example', '%2F%2Fevil.example', '%2Ftokens%2F%5Cevil.example'])(
    'does not lead to another site for next=%s',
    async (next) => {
      const { headers } = await get(behindProxy(`/login?next=${next}`), server.root);
      expect(headers.location).toBe('/tokens/overview');
    },
  );

  it('serves verification, introspection and the API', async () => {
    const headers: Array<[string, string]> = [['Authorization', `Token ${value}`]];
    for (const path of [
      '/verify/forward-auth',
      '/verify/auth-request',
      '/verify/ext-authz/tokens/x',
      '/api/v1/token',
    ]) {
      expect((await server.send({ path: behindProxy(path), headers })).status, path).toBe(200);
    }
    expect((await server.send({ path: behindProxy('/oauth/introspect'), method: 'POST', body: '' })).status).toBe(400);
    expect((await server.send({ path: behindProxy('/readyz') })).status).toBe(200);
    const created = await server.send({
      ...{ path: behindProxy('/api/v1/tokens'), method: 'POST', body: JSON.stringify({ name: behindProxy('/made') }) },
      headers: [
        ['Authorization', `Bearer ${server.dev.session}`],
        ['Content-Type', 'application/json'],
      ],
    });
    expect(created.headers.location).toMatch(/^\/tokens\/api\/v1\/tokens\/[\w-]+$/);
    expect((await server.send({ path: behindProxy('/openapi.json') })).body).toContain(
      `"servers":[{"url":"${publicUrl}"}]`,
    );
  });

  it('publishes metadata whose addresses are below the public URL', async () => {
    const { body } = await server.send({ path: behindProxy('/.well-known/oauth-authorization-server') });
    const metadata = JSON.parse(body);
    expect(metadata.issuer).toBe(publicUrl);
    for (const [name, address] of Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint'))) {
      expect(address, name).toMatch(/^https:\/\/example\.com\/tokens\/[a-z]/);
    }
    const device = await server.send({
      ...{ path: behindProxy('/oauth/device_authorization'), method: 'POST', body: 'client_id=tokens' },
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    });
    expect(JSON.parse(device.body).verification_uri).toBe(`${publicUrl}/device`);
  });
});

it('publishes the metadata at the root of the host too, where RFC 8414 puts it', async () => {
  const { status, body } = await server.send({ path: '/.well-known/oauth-authorization-server/tokens' });
  expect(status).toBe(200);
  expect(JSON.parse(body).issuer).toBe(publicUrl);
  expect((await server.send({ path: '/.well-known/oauth-authorization-server/other' })).status).toBe(404);
});

it('links only to the public URL in mails', async () => {
  await requestPasswordLink(server, 'dev@example.com');
  await server.services.tokens.revoke(
    {
      user: (await server.store.users.findById(server.dev.id)) as never,
      clientInfo: { ip: null, userAgent: null },
      channel: 'cli',
      sessionId: await storeSession(server.store, server.services.sessionLifetimes, {
        userId: server.dev.id,
        at: server.clock.now(),
      }),
    },
    tokenId,
  );
  const mails = await server.mails();
  expect(mails.length).toBeGreaterThan(2);
  const links = mails.flatMap(({ text, html }) =>
    [text, html].flatMap((part) => part.match(/https?:\/\/[^\s"<>]+/g) ?? []),
  );
  expect(links.length).toBeGreaterThan(mails.length);
  expect(links.filter((link) => !/^https:\/\/example\.com\/tokens(?:[/?]|$)/.test(link))).toEqual([]);
  expect(mails.flatMap(({ html }) => strayAddresses(html, basePath))).toEqual([]);
});

describe('a path of the public URL', () => {
  const ownPath = createOwnPath(publicUrl);

  it.each([
    ['/tokens', '/'],
    ['/tokens/', '/'],
    ['/tokens?x=1', '/?x=1'],
    ['/tokens/login?x=/tokens', '/login?x=/tokens'],
    ['/tokens/tokens/login', '/tokens/login'],
    ['/tokensd/login', '/tokensd/login'],
    ['/api/v1/tokens', '/api/v1/tokens'],
    ['/Tokens/login', '/Tokens/login'],
    ['/', '/'],
  ])('is removed only from the start of a request: %s becomes %s', (url, own) => {
    expect(ownPath(url)).toBe(own);
  });

  it.each(['/tokens', '/a/b', '/team_1/tok-ens', '/api/tokens', '/tokensd', '/loginx', '/~ops'])(
    'may be %s',
    (path) => {
      expect(basePathMistake(`https://example.com${path}`)).toBeNull();
    },
  );

  it.each(['/team/sso', '/a/login/b'])('must not be %s, which the command line would shorten', (path) => {
    expect(basePathMistake(`https://example.com${path}`)).toMatch(/^must not have the path/);
  });

  it.each(['/a b', '/ä', '/a;b', '/a%2Fb', '/a//b', '/a,b'])('must not be %s', (path) => {
    expect(basePathMistake(`https://example.com${path}`)).toMatch(/^must have a path of letters/);
  });

  const ours = [
    ...Object.keys(pageAccess),
    ...Object.keys(accessTable),
    ...['GET /verify/auth-request', 'GET /verify/forward-auth', 'GET /verify/ext-authz/x', 'POST /oauth/introspect'],
  ].map((route) => route.replace(/^\w+ /, '').replace(/\/:.*/, ''));

  it.each([...new Set(ours)].filter((path) => path !== '/'))(
    'must not be %s, where we have a page or route',
    (path) => {
      expect(basePathMistake(`https://example.com${path}`)).toMatch(/^must not have the path/);
    },
  );
});
