import { describe, expect, it } from 'vitest';
import { useSsoWorld } from './sso-world.ts';

const world = useSsoWorld();
const description = 'The provider said: <script>why</script>';
const failing = (error: string) => ({ error, error_description: description, code: '' });

describe('an error in the authorization response', () => {
  it.each([
    ['invalid_scope', 'does not allow a scope', 'TOKENSD_OIDC_SCOPES'],
    ['unauthorized_client', 'does not let this server sign people in', 'TOKENSD_OIDC_CLIENT_ID'],
    ['unsupported_response_type', 'does not let this server sign people in', 'TOKENSD_OIDC_CLIENT_ID'],
    ['invalid_client', 'does not know this server', 'TOKENSD_OIDC_CLIENT_ID'],
    ['consent_required', 'has not approved this server', undefined],
    ['server_error', 'fails to process the sign-in', undefined],
    ['invalid_request', 'rejects this server', undefined],
    ['an_error_of_its_own', 'rejects this server', undefined],
  ])('%s is a set-up mistake: the page says whom to tell, and the log has the cause', async (error, what, setting) => {
    const { status, text, log } = await world.attempt({ callback: failing(error) });
    expect(status).toBe(500);
    expect(text).toMatch(
      new RegExp(`Single sign-on is set up wrongly: [^.]*${what}[^.]*\\. Tell the operator of this server,`),
    );
    expect(text).not.toContain('The provider said');
    expect([log?.level, log?.setting]).toEqual(['error', setting]);
    expect(log?.msg).toContain(`"${error}" ("${description}")`);
  });

  it('temporarily_unavailable is an outage', async () => {
    const { status, text, log } = await world.attempt({ callback: failing('temporarily_unavailable') });
    expect([status, log?.level]).toEqual([503, 'warn']);
    expect(text).toContain('does not respond');
  });

  it.each(['login_required', 'interaction_required', 'account_selection_required'])(
    '%s asks the person to start again',
    async (error) => {
      const { status, text, log } = await world.attempt({ callback: failing(error) });
      expect([status, log?.level]).toEqual([403, 'info']);
      expect(text).toContain('Start again.');
    },
  );

  it('access_denied says that the provider denied it, and whom to ask', async () => {
    const { status, text, log } = await world.attempt({ callback: failing('access_denied') });
    expect([status, log?.level]).toEqual([403, 'info']);
    expect(text).toContain('not approved. Start again, or ask its administrator for access.');
    expect(log?.msg).toContain(description);
  });

  it('writes one short line to the log, whatever the provider sends', async () => {
    const words = `${'long '.repeat(500)}\n\u001b[31m{"level":"info"}`;
    const { lines } = await world.attempt({ callback: { ...failing('server_error'), error_description: words } });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.msg.length).toBeLessThan(600);
    expect(lines[0]?.msg).not.toMatch(/\p{C}/u);
  });
});

describe('the iss parameter (RFC 9207)', () => {
  it('of another issuer is rejected, and the log names both', async () => {
    const { status, log } = await world.attempt({ callback: { iss: 'https://other.example' } });
    expect([status, log?.level]).toEqual([403, 'info']);
    expect(log?.msg).toContain(`https://other.example, but it was sent to ${world.provider.issuer}`);
  });

  it('is a set-up mistake if the provider announces it and does not send it', async () => {
    const { status, log } = await world.attempt({ callback: { iss: '' } });
    expect([status, log?.level]).toEqual([500, 'error']);
    expect(log?.msg).toContain('authorization_response_iss_parameter_supported');
  });

  it('is not needed if the provider does not announce it', async () => {
    const metadata = ({ authorization_response_iss_parameter_supported: _, ...rest }: Record<string, unknown>) => rest;
    expect((await world.attempt({ manipulation: { metadata }, callback: { iss: '' } })).status).toBe(303);
  });
});

describe('the response mode', () => {
  it('is named for a provider that lists query, and left out otherwise', async () => {
    const modes = (list: string[]) => ({
      metadata: (metadata: Record<string, unknown>) => ({ ...metadata, response_modes_supported: list }),
    });
    const modeFor = async (manipulation: object) => {
      world.provider.manipulate(manipulation);
      world.restart();
      const { headers } = await world.app.ask('/login/sso');
      return new URL(headers.get('location') ?? '').searchParams.get('response_mode');
    };
    expect(await modeFor(modes(['form_post', 'query']))).toBe('query');
    expect(await modeFor(modes(['fragment']))).toBeNull();
    expect(await modeFor({})).toBeNull();
  });
});

describe('an error in the token response', () => {
  const answering = (answer: { status: number; headers?: Record<string, string>; body: unknown }) => ({
    answers: { '/token': () => answer },
  });
  const page = { 'Content-Type': 'text/html' };

  it.each([
    ['invalid_scope', 'does not allow a scope', 'TOKENSD_OIDC_SCOPES'],
    ['unsupported_grant_type', 'does not let this server sign people in', 'TOKENSD_OIDC_CLIENT_ID'],
    ['server_error', 'fails to process the sign-in', undefined],
  ])('%s is a set-up mistake', async (error, what, setting) => {
    const body = { error, error_description: description };
    const { status, text, log } = await world.attempt({ manipulation: answering({ status: 400, body }) });
    expect([status, log?.level, log?.setting]).toEqual([500, 'error', setting]);
    expect(text).toContain(what);
    expect(log?.msg).toContain(description);
  });

  it('invalid_grant asks the person to start again, and the log names the redirect URI', async () => {
    const { status, log } = await world.attempt({
      manipulation: answering({ status: 400, body: { error: 'invalid_grant' } }),
    });
    expect([status, log?.level]).toEqual([403, 'info']);
    expect(log?.msg).toContain('exactly https://tokens.example.com/login/sso/callback');
  });

  it.each([
    ['a page', { status: 200, headers: page, body: '<p>Sign in to the proxy' }],
    ['a page and status 403', { status: 403, headers: page, body: '<p>Blocked' }],
    ['404', { status: 404, headers: page, body: '' }],
    ['a redirect', { status: 302, headers: { Location: '/login' }, body: '' }],
  ])('is a set-up mistake if it is %s', async (_what, answer) => {
    const { status, log } = await world.attempt({ manipulation: answering(answer) });
    expect([status, log?.level]).toEqual([500, 'error']);
    expect(log?.msg).not.toContain('[object');
    expect(log?.msg).toMatch(answer.status === 200 ? /token endpoint/ : new RegExp(String(answer.status)));
  });

  it.each([500, 503, 429])('with status %d is an outage', async (status) => {
    const shown = await world.attempt({ manipulation: answering({ status, body: {} }) });
    expect([shown.status, shown.log?.level]).toEqual([503, 'warn']);
  });

  it('is a set-up mistake if it has no ID token, as with plain OAuth 2.0', async () => {
    const body = { access_token: 'x', token_type: 'Bearer' };
    const { status, text, log } = await world.attempt({ manipulation: answering({ status: 200, body }) });
    expect([status, log?.setting]).toEqual([500, 'TOKENSD_OIDC_ISSUER']);
    expect(text).toContain('returns no ID token');
    expect(log?.msg).toContain('scope openid');
  });
});
