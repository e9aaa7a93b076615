import { formatDuration } from '../../../../shared/times/duration.ts';
import type { FieldChange } from '../../../store/records.ts';

const dayMs = 86_400_000;

/** The names of fields that events record. Others are shown as the API names them. */
const labels: Readonly<Record<string, string>> = {
  name: 'Name',
  description: 'Description',
  expires_at: 'Expires',
  self_rotate: 'Rotates itself',
  quiet_networks: 'No mail about new networks',
  manage: 'Scopes',
  apps: 'Apps',
  read_only: 'Only methods that change nothing',
  allow: 'Allowed requests',
  networks: 'Networks',
  enforce: 'Rules applied',
  owner: 'Owner',
  uses: 'Uses',
  url: 'URL',
  hosts: 'Hosts',
  groups: 'Groups',
  manual_groups: 'Groups',
  sso_groups: 'Groups of the identity provider',
  max_expiry: 'Maximum expiry',
  preflight: 'CORS preflight requests',
  events: 'Events',
  format: 'Format',
  disabled: 'Disabled',
  can_revoke: 'May revoke tokens',
  can_report: 'May report leaked values',
  maintainers: 'Maintainers',
  service_account: 'Service account',
  issuer: 'Issuer',
  internal_issuer: 'Issuer may be internal',
  audience: 'Audience',
  claims: 'Claims',
  ttl: 'Lifetime of tokens',
};

/** Fields whose texts have one entry a line. */
const lists: ReadonlySet<string> = new Set([
  ...[
    'apps',
    'allow',
    'networks',
    'manage',
    'hosts',
    'groups',
    'manual_groups',
    'sso_groups',
    'events',
    'maintainers',
    'claims',
  ],
]);

/** Rules that limit nothing while they have no value. A list without entries is no such rule, because it denies everything. */
const limits: ReadonlySet<string> = new Set(['apps', 'allow', 'networks']);

/** Fields whose texts are seconds. */
const durations: ReadonlySet<string> = new Set(['max_expiry', 'ttl']);

/** What the page of an app says about preflight requests. */
const preflights: Readonly<Record<string, string>> = { pass: 'reach the app without a token', deny: 'need a token' };

/** A text, or a time of which a page shows the date or also the minute. */
export type ChangedValue = string | { at: number; form: 'date' | 'minute' };

/** A change in words: `Expires: 1 Mar 2027 → 1 Jun 2027`. Entries of a list are shown only if they were added or removed. */
export interface ChangeText {
  label: string;
  /** The former value and the new one. Null if the change is one of a list. */
  values: { from: ChangedValue; to: ChangedValue } | null;
  added: string[];
  removed: string[];
}

/** Returns what pages call a field that events record. */
export function labelOf(field: string): string {
  return labels[field] ?? field;
}

export function changeText({ field, from, to }: FieldChange): ChangeText {
  const label = labelOf(field);
  if (lists.has(field) && from !== null && to !== null) {
    const [before, after] = [String(from).split('\n'), String(to).split('\n')];
    const added = after.filter((entry) => !before.includes(entry));
    const removed = before.filter((entry) => !after.includes(entry));
    if (added.length + removed.length > 0) return { label, values: null, added, removed };
  }
  const [fromText, toText] =
    field === 'expires_at' ? expiryTexts(from, to) : [valueText(field, from), valueText(field, to)];
  return { label, values: { from: fromText, to: toText }, added: [], removed: [] };
}

/** Two expiries as dates, or to the minute if they may be on one day in some time zone. */
function expiryTexts(from: FieldChange['from'], to: FieldChange['to']): [ChangedValue, ChangedValue] {
  const [before, after] = [timeOf(from), timeOf(to)];
  const isClose = before !== null && after !== null && Math.abs(before - after) < dayMs;
  const shown = (value: FieldChange['from'], at: number | null): ChangedValue =>
    value === null ? 'never' : at === null ? String(value) : { at, form: isClose ? 'minute' : 'date' };
  return [shown(from, before), shown(to, after)];
}

function timeOf(value: FieldChange['from']): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

function valueText(field: string, value: FieldChange['from']): string {
  if (value === null && limits.has(field)) return 'any';
  if (value === null || value === '') return 'none';
  if (durations.has(field) && /^[0-9]+$/.test(String(value))) return formatDuration(Number(value));
  if (field === 'preflight') return preflights[String(value)] ?? String(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value.split('\n').join(', ');
}
