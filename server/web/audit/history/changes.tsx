import type { FieldChange } from '../../../store/records.ts';
import { DateOf, MinuteOf } from '../../shell/components/time.tsx';
import { type ChangedValue, type ChangeText, changeText } from './change-texts.ts';

/** How much of the changes of an event a line of a list shows. The panel of the event has all of them. */
const shortLimits = { changes: 3, entries: 2 } as const;

/** The changes of an event in words, one below the other. */
export function Changes({ changes }: { changes: readonly FieldChange[] | undefined }) {
  return (
    <>
      {(changes ?? []).map((change) => (
        <span class="sub change">
          <Change text={changeText(change)} />
        </span>
      ))}
    </>
  );
}

/** The first changes of an event in one line, such as `Expires: 1 Mar 2027 → 1 Jun 2027 · Networks: added 192.0.2.0/24`. */
export function ShortChanges({ changes = [] }: { changes: readonly FieldChange[] | undefined }) {
  if (changes.length === 0) return null;
  const more = changes.length - shortLimits.changes;
  return (
    <span class="sub change">
      {changes.slice(0, shortLimits.changes).map((change, index) => (
        <>
          {index > 0 && ' · '}
          <Change text={changeText(change)} maxEntries={shortLimits.entries} />
        </>
      ))}
      {more > 0 && ` · ${more} more`}
    </span>
  );
}

function Change({ text, maxEntries }: { text: ChangeText; maxEntries?: number }) {
  const { label, values, added, removed } = text;
  return (
    <>
      {label}:{' '}
      {values !== null && (
        <>
          <Value value={values.from} /> → <Value value={values.to} />
        </>
      )}
      <Entries verb="added" entries={added} max={maxEntries} />
      {added.length > 0 && removed.length > 0 && '; '}
      <Entries verb="removed" entries={removed} max={maxEntries} />
    </>
  );
}

function Value({ value }: { value: ChangedValue }) {
  if (typeof value === 'string') return <bdi>{value}</bdi>;
  return value.form === 'date' ? <DateOf at={value.at} /> : <MinuteOf at={value.at} />;
}

interface EntriesProps {
  verb: string;
  entries: readonly string[];
  max: number | undefined;
}

function Entries({ verb, entries, max = entries.length }: EntriesProps) {
  if (entries.length === 0) return null;
  const more = entries.length - max;
  return (
    <>
      {verb}{' '}
      {entries.slice(0, max).map((entry, index) => (
        <>
          {index > 0 && ', '}
          <code>{entry}</code>
        </>
      ))}
      {more > 0 && ` and ${more} more`}
    </>
  );
}
