import type { Session } from '../../shared/schemas/sign-in/sessions.ts';
import { array, nullable, object, optional, text, time } from '../api/shape.ts';

export const sessionShape = object<Session>({
  id: text,
  created_at: time,
  expires_at: time,
  idle_expires_at: time,
  confirmed_until: optional(nullable(time)),
  confirm_with: optional(array(text)),
});
