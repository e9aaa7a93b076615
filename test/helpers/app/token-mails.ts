import {
  type TokenCreation,
  type TokenRevocation,
  tokenCreatedMail,
  tokensRevokedMail,
} from '../../../server/domain/notifications/token-mails.ts';
import { noRules } from '../../../server/domain/tokens/rules/token-rules.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';

export const site = { organization: 'Acme', publicUrl: 'https://tokens.acme.example' };
export const owner = { id: 'u1', email: 'ada@acme.example', name: 'Ada Lovelace' };
export const token = {
  id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
  name: 'ci-pipeline',
  prefix: 'tok_8fK2b1Qz',
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  expiresAt: Date.UTC(2027, 1, 21, 16, 20, 0),
};
export const clientInfo = { ip: '203.0.113.9', userAgent: 'tokens/0.1.0 (linux)' };

const actor = { kind: 'user', id: owner.id, email: owner.email } as const;
const event = { at: Date.UTC(2026, 10, 23, 16, 20, 0), owner, clientInfo };
export const creation: TokenCreation = { ...event, token, rules: noRules, actor, channel: 'cli' };
export const revocation: TokenRevocation = {
  ...event,
  tokens: [token],
  actor: { kind: 'user', id: 'u2', email: 'boss@acme.example' },
  channel: 'console',
};

/** Returns the rendered mail about a created token. */
export function createdMail(changes: Partial<TokenCreation> = {}) {
  return renderMail(tokenCreatedMail(site, { ...creation, ...changes }));
}

/** Returns the rendered mail about revoked tokens. */
export function revokedMail(changes: Partial<TokenRevocation> = {}) {
  return renderMail(tokensRevokedMail(site, { ...revocation, ...changes }));
}

/** Returns the text part on one line, so that wrapped sentences can be found. */
export function unwrapped(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

/** Returns the text that a reader of the HTML part sees, without what only lists of messages show. */
export function visible(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<div style="display:none.*?<\/div>/s, '')
    .replace(/<br>|<\/(?:p|li|tr|th|h2)>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}
