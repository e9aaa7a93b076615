import type { Trust } from '../../shared/schemas/trusts.ts';
import { array, flag, integer, nullable, object, record, text, time } from './shape.ts';

export const trustShape = object<Trust>({
  id: text,
  name: text,
  service_account: text,
  issuer: text,
  audience: nullable(text),
  claims: record(text),
  apps: nullable(array(text)),
  read_only: flag,
  allow: nullable(array(text)),
  ttl: integer,
  created_at: time,
});
