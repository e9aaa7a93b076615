import { expect, it } from 'vitest';
import { type LostPermission, permissionLostMail } from '../../../server/domain/notifications/permission-mails.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import { clientInfo, owner, site, unwrapped, visible } from '../../helpers/app/token-mails.ts';

const event = { at: Date.UTC(2026, 10, 23, 16, 20, 0), owner, clientInfo, claim: 'realm_access.roles' };
const permission: LostPermission = { permission: 'tokens', group: 'devs <&>' };
const role: LostPermission = { permission: 'superuser', group: 'admins' };

it.each<[string, LostPermission[], string, string[]]>([
  [
    'the permission',
    [permission],
    '[Acme] Your permission to use API tokens was removed',
    ['Requests that use your tokens are denied until you have it again.', 'devs <&>'],
  ],
  [
    'the role',
    [role],
    '[Acme] You are no longer an Organization Superuser',
    ['the role Organization Superuser. Your API tokens keep working.', 'admins'],
  ],
  [
    'both',
    [role, permission],
    '[Acme] Your permission to use API tokens was removed',
    ['are denied', 'You are also no longer an Organization Superuser.', 'devs <&>', 'admins'],
  ],
])('tells a member that they lost %s, and names group, claim and whom to ask', (_what, lost, expected, parts) => {
  const { subject, text, html } = renderMail(permissionLostMail(site, { ...event, lost }));
  expect(subject).toBe(expected);
  for (const form of [unwrapped(text), visible(html)]) {
    for (const part of [...parts, 'your account ada@acme.example', 'realm_access.roles', "If you didn't expect this"]) {
      expect(form).toContain(part);
    }
    expect(form).toContain('Ask the administrator of your identity provider');
    expect(form).toContain('an Organization Superuser of Acme');
  }
});
