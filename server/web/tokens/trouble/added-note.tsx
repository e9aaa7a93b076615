import type { AddedEntry } from './allow-form.ts';

const fields: Readonly<Record<AddedEntry['rule'], string>> = {
  apps: 'Apps',
  allow: 'Allowed requests',
  networks: 'Networks',
};

/** Says which entry was added to a form that is not saved yet. It receives the focus, so that nobody saves the form unread. */
export function AddedNote({ rule, entry, replacesReadOnly }: AddedEntry) {
  return (
    <div class="note success added-note" id="added" role="note" tabindex={-1} data-focus>
      <p>
        Added to {fields[rule]}: <code class="added">{entry}</code>
      </p>
      {replacesReadOnly && (
        <p>
          The rule “Allow only methods that change nothing” has no exceptions. Lines in Allowed requests replace it,
          which allow the same methods as before.
        </p>
      )}
      <p>Nothing is saved yet. The token may make such requests once you save.</p>
    </div>
  );
}
