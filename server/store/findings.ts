import type { SchemaState } from './migrations/migrate.ts';

/** One thing that `checkDatabase` examined. */
export interface DatabaseFinding {
  subject: 'connection' | 'primary' | 'encoding' | 'clock' | 'rights' | 'schema' | 'passkeys';
  ok: boolean;
  /** One or two sentences: what was found and, unless `ok`, what to do about it. */
  detail: string;
}

/** Judges how far the database has been migrated. An older schema is fine, because `tokensd serve` updates it. */
export function judgeSchema({ applied, missing, incompatible }: SchemaState): DatabaseFinding {
  const subject = 'schema';
  if (incompatible !== undefined) {
    const detail = `A newer tokensd migrated the database (${incompatible}). Install that version or a later one, or restore a backup made before the upgrade.`;
    return { subject, ok: false, detail };
  }
  if (applied.length === 0)
    return { subject, ok: true, detail: 'The database is empty. tokensd serve creates its tables.' };
  if (missing.length === 0) return { subject, ok: true, detail: 'The schema is current.' };
  const detail = `The schema is behind by ${missing.join(', ')}. tokensd serve or tokensd migrate updates it.`;
  return { subject, ok: true, detail };
}
