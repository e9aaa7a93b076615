import type { Part } from './part.ts';

const mail = {
  id: 'text',
  recipient: 'text',
  subject: 'text',
  // A body may hold a link.
  text: 'secret',
  html: 'secret',
  message_id: 'text',
  created_at: 'time',
  attempts: 'number',
  due_at: 'time',
  lease_id: 'secret',
  sent_at: 'time',
  gave_up_at: 'time',
  last_error: 'text',
  link_kind: 'text',
  link_user_id: 'text',
  link_data: 'json',
} as const;

export const mailParts: Part[] = [
  {
    ...{ name: 'mails', table: 'outbox', key: ['id'], by: 'recipient', of: 'address', inOrder: false },
    columns: mail,
  },
  {
    // To another address of the member, such as a new one that they did not confirm yet.
    ...{ name: 'mails_with_links', table: 'outbox', key: ['id'], by: 'link_user_id', of: 'member', inOrder: false },
    except: 'recipient <> (SELECT email FROM users WHERE users.id = link_user_id)',
    columns: mail,
  },
  {
    ...{ name: 'daily_mails', table: 'daily_mails', key: ['user_id'], by: 'user_id', of: 'member', inOrder: true },
    columns: { user_id: 'text', day: { kind: 'time', sql: 'day * 86400000' } },
  },
  {
    ...{ name: 'mail_windows', table: 'mail_windows', key: ['user_id'], by: 'user_id', of: 'member', inOrder: true },
    columns: { user_id: 'text', closes_at: 'time', events: 'number' },
  },
  {
    ...{ name: 'collected_events', table: 'collected_events', key: ['id'], by: 'user_id', of: 'member', inOrder: true },
    columns: { id: 'text', user_id: 'text', event: 'json' },
  },
];
