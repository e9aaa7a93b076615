import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Setting } from './setting.ts';
import { durationValue } from './setting-values.ts';

/** Where audit events are written besides the database. */
export type AuditLogTarget = 'stdout' | { file: string };

const auditLogValue = z.string().transform((text, context): AuditLogTarget => {
  if (text === 'stdout') return text;
  if (isAbsolute(text)) return { file: text };
  context.addIssue('must be stdout or the whole path of a file, such as /var/log/tokensd/audit.jsonl');
  return z.NEVER;
});

/** The settings about audit events. */
export const auditSettings = {
  TOKENSD_AUDIT_LOG: {
    schema: auditLogValue.optional(),
    default: 'none',
    description:
      '`stdout`, or the path of a file, to which the daemon writes each of its audit events as a line of JSON, once the event is saved. [Audit events](./audit.md#write-a-log-file) has the details.',
  },
  TOKENSD_KEEP_AUDIT: {
    schema: durationValue.optional(),
    default: 'none: audit events are kept forever',
    description:
      'How long audit events are kept, such as `2y`. Older ones are deleted every ten minutes. [Audit events](./audit.md#delete-old-events) says what a restore does then.',
  },
  TOKENSD_AUDIT_IP_AFTER: {
    schema: durationValue.optional(),
    default: 'none: IP addresses stay whole',
    description:
      'Age at which the IP addresses in audit events are cut to their network, a /24 of IPv4 or a /48 of IPv6, such as `90d`.',
  },
} satisfies Record<string, Setting>;
