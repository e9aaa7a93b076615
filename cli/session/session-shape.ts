import type { ListedSession, Session } from '../../shared/schemas/sign-in/sessions.ts';
import { array, flag, nullable, object, optional, text, time } from '../api/shape.ts';

export const sessionShape = object<Session>({
  id: text,
  created_at: time,
  expires_at: time,
  idle_expires_at: time,
  confirmed_until: optional(nullable(time)),
  confirm_with: optional(array(text)),
  server_version: optional(nullable(text)),
});

export const sessionsShape = object<{ items: ListedSession[] }>({
  items: array(
    object<ListedSession>({
      id: text,
      kind: nullable(text),
      ip: nullable(text),
      agent: nullable(text),
      user_agent: nullable(text),
      sso: flag,
      created_at: time,
      last_used_at: time,
      expires_at: time,
      idle_expires_at: time,
      current: flag,
    }),
  ),
});
