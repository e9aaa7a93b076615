import { canaryUsedMail } from '../../../../server/domain/notifications/leaks/canary-mail.ts';
import { leakDigestMail } from '../../../../server/domain/notifications/leaks/leak-digest-mail.ts';
import { type ValueLeak, valueLeakedMail } from '../../../../server/domain/notifications/leaks/leaked-mail.ts';
import type { MailContent } from '../../../../server/domain/notifications/mail-content.ts';
import { tokenCreatedMail } from '../../../../server/domain/notifications/token-mails.ts';
import { clientInfo, creation, owner, site, token } from '../../app/token-mails.ts';
import { account, ipv6, longAgent, maintainer, nameOf, superuser } from './names.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const at = Date.UTC(2026, 10, 29, 9, 30);

const canary = { ...token, name: 'backup-of-the-old-server', expiresAt: null };
const use = { at: at - minute, method: 'GET', path: '/api/v1/projects', ...clientInfo };
const longUse = { at, method: 'DELETE', path: `/${'unbroken'.repeat(25)}`, ip: ipv6, userAgent: longAgent };
const canaryUse = { at, owner, reader: { ...owner, because: 'owner' as const }, clientInfo, canary };
const ofAccount = { owner: { ...account }, reader: { ...maintainer, because: 'maintainer' as const } };
const toSuperuser = { reader: { ...superuser, name: 'Katherine Johnson', because: 'superuser' as const } };

const outcomes = ['notified', 'paused', 'ended', 'revoked', 'canary'] as const;
type Outcome = (typeof outcomes)[number];

const place = { source: 'commit', url: 'https://github.com/acme/shop/blob/4f1c2a7/deploy/settings.py#L12' };
const longPlace = { source: nameOf(3), url: `https://git.example.com/${'unbroken'.repeat(60)}` };
const network = (value: string, ago: number) =>
  ({ kind: 'network', value, uses: 1 + ago, firstAt: at - 30 * day, lastAt: at - ago * day }) as const;

function leak(outcome: Outcome, changes: Partial<ValueLeak> = {}): MailContent {
  const actor = { kind: 'client', id: 'c1', email: 'GitHub secret scanning' } as const;
  const used = { last: use, networks: [network('203.0.113.0/24', 0), network('2001:db8:85a3::/48', 12)] };
  return valueLeakedMail(site, {
    ...{ at, owner, token, actor, leak: { prefix: token.prefix, ...place, outcome }, use: used },
    ...changes,
  });
}

const digest = (length: number) =>
  leakDigestMail(site, {
    ...{ at, owner: { ...owner, name: 'Katherine Johnson' } },
    leaks: Array.from({ length }, (_, index) => ({
      tokenId: length === 1 ? token.id : `t${index}`,
      ...(index % 7 === 3 ? longPlace : place),
      ...{ prefix: `tok_${index.toString(36).padStart(8, '0')}`, name: nameOf(index), firstAt: at - index * minute },
      outcome: outcomes[index % outcomes.length] ?? 'revoked',
      owner: [{ ...owner, kind: 'member' as const }, account, null][index % 3] ?? null,
    })),
  });

/** The mails about canaries and leaked values, by name. */
export const leakMails: Record<string, MailContent> = {
  'canary-created': tokenCreatedMail(site, { ...creation, token: { ...canary, canary: true } }),
  'canary-first': canaryUsedMail(site, { ...canaryUse, uses: 1, lastUse: use }),
  'canary-counted': canaryUsedMail(site, {
    ...{ ...canaryUse, uses: 12_345, lastUse: longUse },
    ...{ canary: { ...canary, name: nameOf(1) }, clientInfo: { ip: ipv6, userAgent: longAgent } },
  }),
  'canary-of-account': canaryUsedMail(site, { ...canaryUse, ...ofAccount, uses: 3, lastUse: use }),
  'canary-superuser': canaryUsedMail(site, { ...canaryUse, ...toSuperuser, uses: 2, lastUse: use }),
  'canary-of-account-superuser': canaryUsedMail(site, {
    ...{ ...canaryUse, ...ofAccount, ...toSuperuser, uses: 1, lastUse: null },
    clientInfo: { ip: null, userAgent: null },
  }),
  ...Object.fromEntries(outcomes.slice(0, -1).map((outcome) => [`leak-${outcome}`, leak(outcome)])),
  'leak-canary': leak('canary', { use: { last: null, networks: [] } }),
  'leak-of-account': leak('revoked', ofAccount),
  'leak-of-account-ended': leak('ended', { ...ofAccount, ...toSuperuser }),
  'leak-unused': leak('notified', {
    leak: { prefix: token.prefix, source: null, url: null, outcome: 'notified' },
    use: { last: null, networks: [] },
  }),
  'leak-long': leak('paused', {
    ...{ token: { ...token, name: nameOf(3) }, actor: { kind: 'client', id: 'c1', email: nameOf(1) } },
    leak: { prefix: token.prefix, ...longPlace, outcome: 'paused' },
    use: {
      last: longUse,
      networks: Array.from({ length: 40 }, (_, index) => network(`2001:db8:${index}::/48`, index)),
    },
  }),
  'leak-digest-one': digest(1),
  'leak-digest': digest(8),
  'leak-digest-hundreds': digest(300),
};
