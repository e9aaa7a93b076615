import { CopyButton } from '../../shell/components/value-dialog.tsx';
import type { CalledAddress } from './called-address.ts';
import { snippetsFor } from './snippets.ts';

interface SnippetTabsProps {
  address: CalledAddress;
  /** Whether the token is a management key. */
  isKey: boolean;
}

/** How programs use the new token: a snippet each. The browser switches between them without script. */
export function SnippetTabs({ address, isKey }: SnippetTabsProps) {
  return (
    <>
      <fieldset class="snippets">
        <legend>Use it</legend>
        {snippetsFor(address, isKey).map(({ id, label, hint, code }, index) => (
          <>
            <label class="tab">
              <input type="radio" name="snippet" value={id} checked={index === 0} />
              {label}
            </label>
            <div class="snippet">
              <p class="hint">{hint}</p>
              <CopyButton of={`snippet-${id}`} label="Copy snippet" />
              <pre id={`snippet-${id}`} tabindex={0}>
                {code}
              </pre>
            </div>
          </>
        ))}
      </fieldset>
      {address.app === null && !isKey && (
        <p class="hint">
          The snippets call this server, and do not change “Last used” of the token. Replace the address with that of
          your API.
        </p>
      )}
    </>
  );
}
