import type { FieldError } from '../../shared/problem.ts';

/** The options that send fields of the API under another name. */
const options: Readonly<Record<string, string>> = {
  add_maintainers: '--add-maintainer',
  app: '--app',
  apps: '--app',
  allow: '--allow',
  claims: '--claim',
  days: '--days',
  description: '--description',
  events: '--event',
  expires_at: '--expires',
  expires_in: '--expires',
  for: '--for',
  grace: '--grace',
  groups: '--group',
  hosts: '--host',
  ip: '--ip',
  maintainers: '--maintainer',
  manage: '--manage',
  max_expiry: '--max-expiry',
  method: '--method',
  networks: '--from',
  overlap: '--overlap',
  path: '--path',
  preflight: '--preflight',
  remove_maintainers: '--remove-maintainer',
  service_account: '--service-account',
  since: '--since',
  ttl: '--ttl',
  until: '--until',
};

/** Returns the option, or the field without one, that an error is about. */
export function optionOf({ pointer }: Pick<FieldError, 'pointer'>): string {
  const field = fieldOf(pointer);
  return Object.hasOwn(options, field) ? String(options[field]) : pointer.slice(1);
}

/** Returns the sentence of an error with the option in place of the field with which it begins: `--expires must be …`. */
export function inOptions({ pointer, detail }: FieldError): string {
  const field = fieldOf(pointer);
  const isNamed = Object.hasOwn(options, field) && detail.startsWith(`${field} `);
  return isNamed ? options[field] + detail.slice(field.length) : detail;
}

function fieldOf(pointer: string): string {
  return pointer.slice(1).split('/')[0] ?? '';
}
