import type { ServiceAccount } from '../../shared/schemas/accounts/service-accounts.ts';
import { array, flag, integer, nullable, object, optional, text, time } from './shape.ts';

export const serviceAccountShape = object<ServiceAccount>({
  id: text,
  name: text,
  description: nullable(text),
  maintainers: array(text),
  disabled_maintainers: optional(array(text)),
  groups: array(text),
  disabled: flag,
  token_count: integer,
  last_used_at: nullable(time),
  created_at: time,
});
