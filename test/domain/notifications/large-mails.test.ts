import { describe, expect, it } from 'vitest';
import {
  type NoticedToken,
  tokensNeedAttentionMail,
} from '../../../server/domain/notifications/digest/notice-mails.ts';
import { shortLivedDigestMail } from '../../../server/domain/notifications/digest/short-lived-mails.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import { clientInfo, owner, revokedMail, site, token, visible } from '../../helpers/app/token-mails.ts';

const day = 24 * 60 * 60 * 1000;
const at = Date.UTC(2026, 10, 29, 9);
const count = 5_000;

/** Prefixes are all different, as those of real tokens are in one mail. */
const prefixOf = (index: number) => `tok_${index.toString(36).padStart(8, '0')}`;
const nameOf = (index: number) => `nightly-build-of-the-release-branch-${index}`;
const tokens = Array.from({ length: count }, (_, index) => ({
  ...token,
  name: nameOf(index),
  prefix: prefixOf(index),
}));

const notices: Array<NoticedToken['notice']> = ['expires', 'expired', 'idle'];
const noticed = (length: number) =>
  tokens.slice(0, length).map((token, index): NoticedToken => {
    const end = at + (index % 30) * day;
    const dates = { createdAt: at - 60 * day, expiresAt: end, lifetimeMs: 90 * day, expiryCut: false };
    const notice = notices[index % 3] ?? 'expires';
    return {
      token: { ...token, ...dates, lastUse: null, previousUsedAt: null, formerOwnerKnows: false },
      notice,
      idleAt: end,
    };
  });

const shortLived = (length: number) =>
  tokens.slice(0, length).map(({ name, prefix }, index) => ({
    ...({ kind: 'created', at: at + index, name, prefix, ...clientInfo, method: 'console' } as const),
  }));

/** Returns the tokens that one of the two forms of a mail does not name. */
function unnamed({ text, html }: { text: string; html: string }, length: number): string[] {
  const forms = [text.replace(/\s+/g, ' '), visible(html)].map((form) => new Set(form.match(/tok_\w{8}/g)));
  return tokens.slice(0, length).flatMap(({ prefix }) => (forms.every((form) => form.has(prefix)) ? [] : [prefix]));
}

const kilobytes = ({ text, html }: { text: string; html: string }) => Buffer.byteLength(text + html) / 1024;

describe('a mail about thousands of tokens', () => {
  it.each([
    ['the daily mail', () => renderMail(tokensNeedAttentionMail(site, { at, owner, tokens: noticed(count) })), count],
    ['the mail about revoked tokens', () => revokedMail({ tokens }), count],
    // A window closes once it holds this many events.
    ['the common mail', () => renderMail(shortLivedDigestMail(site, { at, owner, events: shortLived(1_000) })), 1_000],
  ])('names all of them in both forms, and stays below a megabyte: %s', (_, render, length) => {
    const mail = render();
    expect(unnamed(mail, length)).toEqual([]);
    expect(kilobytes(mail)).toBeLessThan(1_000);
  });

  it('says in the daily mail when each token ends, and names the commands once', () => {
    const { text, html } = renderMail(tokensNeedAttentionMail(site, { at, owner, tokens: noticed(101) }));
    for (const form of [text.replace(/\n {4}/g, ' '), visible(html)]) {
      expect(form).toContain('Expire on 2026-12-02');
      expect(form).toContain(`${nameOf(3)}, ${prefixOf(3)}, 09:00 UTC, never used`);
      for (const command of ['tokens rotate NAME', 'tokens edit NAME --expires 90d', 'tokens create NAME']) {
        expect(form.split(command).length).toBeGreaterThan(1);
      }
      expect(form).not.toContain(`tokens rotate ${prefixOf(3)}`);
    }
  });

  it('keeps the details of each token below 102 KB of HTML, which Gmail shows completely', () => {
    const { html } = renderMail(tokensNeedAttentionMail(site, { at, owner, tokens: noticed(100) }));
    expect(visible(html)).toContain(`tokens edit ${nameOf(3)} --expires 90d`);
    expect(Buffer.byteLength(html)).toBeLessThan(102 * 1024);
  });
});
