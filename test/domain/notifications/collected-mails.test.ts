import { describe, expect, it } from 'vitest';
import {
  type NoticedToken,
  tokensNeedAttentionMail,
} from '../../../server/domain/notifications/digest/notice-mails.ts';
import { noticeOf, thresholdSpans } from '../../../server/domain/notifications/digest/notice-rules.ts';
import {
  type ShortLivedEvent,
  shortLivedDigestMail,
} from '../../../server/domain/notifications/digest/short-lived-mails.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import { owner, site, unwrapped, visible } from '../../helpers/app/token-mails.ts';

const day = 24 * 60 * 60 * 1000;
const at = Date.UTC(2026, 10, 29, 9);

/** Returns a token that ends in some days. */
function noticed(name: string, days: number, notice: NoticedToken['notice'] = 'expires'): NoticedToken {
  const end = at + days * day;
  const dates = {
    createdAt: end - 90 * day,
    expiresAt: notice === 'idle' ? null : end,
    lifetimeMs: 90 * day,
    expiryCut: false,
  };
  const uses = { lastUse: null, previousUsedAt: null, formerOwnerKnows: false };
  return {
    token: { id: name, name, prefix: 'tok_8fK2b1Qz', ...dates, ...uses },
    notice,
    idleAt: notice === 'idle' ? end : null,
  };
}

const digest = (...tokens: NoticedToken[]) => renderMail(tokensNeedAttentionMail(site, { at, owner, tokens }));

describe('the daily mail', () => {
  it('says in its subject what happens to how many tokens', () => {
    const subject = (...tokens: NoticedToken[]) => digest(...tokens).subject;
    expect(subject(noticed('ci', 6.9))).toBe('[Acme] API token "ci" expires in 7 days');
    expect(subject(noticed('ci', 0.02))).toBe('[Acme] API token "ci" expires in less than an hour');
    expect(subject(noticed('ci', -0.1, 'expired'))).toBe('[Acme] API token "ci" has expired');
    expect(subject(noticed('ci', 14, 'idle'))).toBe('[Acme] API token "ci" becomes idle in 14 days');
    expect(subject(noticed('a', 1), noticed('b', 2), noticed('c', 0, 'expired'))).toBe(
      '[Acme] 2 API tokens expire soon, 1 has expired',
    );
    expect(subject(noticed('a', 0, 'expired'), noticed('b', 14, 'idle'), noticed('c', 9, 'idle'))).toBe(
      '[Acme] 1 API token has expired, 2 become idle soon',
    );
  });

  it('lists the tokens that end first at the top, each with its commands, as text and HTML', () => {
    const { text, html } = digest(noticed('later', 30), noticed('two words', 7), noticed('gone', -0.5, 'expired'));
    for (const form of [unwrapped(text), visible(html)]) {
      const positions = ['gone', 'two words', 'later'].map((name) => form.indexOf(name));
      expect(positions).toEqual([...positions].sort((one, other) => one - other));
      // A name that a shell would split is replaced by the prefix.
      for (const command of [
        'tokens create gone --expires 90d',
        'tokens rotate tok_8fK2b1Qz',
        'tokens edit later --expires 90d',
      ]) {
        expect(form).toContain(command);
      }
    }
  });

  it('names no prefix in the command that creates a token again, because it would become the name', () => {
    const { text } = digest(noticed('two words', -0.5, 'expired'));
    expect(text).toContain('tokens create NAME --expires 90d');
  });

  it('makes names harmless', () => {
    const { text, html } = digest(noticed('https://evil.example/<b>', 7), noticed('x', 7));
    expect(text).not.toContain('https://evil.example');
    expect(html).not.toContain('<b>');
  });
});

describe('the common mail about short-lived tokens', () => {
  const event: ShortLivedEvent = {
    ...{ kind: 'created', at, name: 'job', prefix: 'tok_8fK2b1Qz', method: 'console' },
    ...{ ip: null, userAgent: 'https://evil.example/<b>' },
  };

  it('makes user agents harmless, and is complete without an IP address', () => {
    const { subject, text, html } = renderMail(
      shortLivedDigestMail(site, {
        at,
        owner,
        events: [event, { ...event, userAgent: null, kind: 'revoked', by: 'you' }],
      }),
    );
    expect(subject).toBe('[Acme] 1 short-lived API token was created and 1 revoked');
    expect(text).not.toContain('https://evil.example');
    expect(html).not.toContain('<b>');
    expect(unwrapped(text)).toContain('from an unknown IP address, unknown user agent');
  });
});

describe('thresholds', () => {
  it('divide the time before the expiry, whatever their order, so that each token is in one span', () => {
    expect(thresholdSpans([7 * day, day, 30 * day, day], at)).toEqual([
      { withinMs: day, after: at, until: at + day },
      { withinMs: 7 * day, after: at + day, until: at + 7 * day },
      { withinMs: 30 * day, after: at + 7 * day, until: at + 30 * day },
    ]);
    expect(thresholdSpans([], at)).toEqual([]);
  });

  it('no longer apply to a token whose expiry was changed after it crossed them', () => {
    const { token } = noticed('ci', 6);
    const times = { now: at, idleAt: null };
    const due = (changes: Partial<NoticedToken['token']>) =>
      noticeOf({ token: { ...token, activeAt: 0, ...changes } as never, within: 7 * day, idleNoticedAt: null }, times);
    expect(due({})).toBe('expires');
    expect(due({ expiresAt: at + 60 * day })).toBeNull();
    expect(due({ lifetimeMs: 14 * day })).toBeNull();
    expect(due({ expiresAt: at })).toBeNull();
  });
});
