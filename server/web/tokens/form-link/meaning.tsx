import type { Child } from 'hono/jsx';
import type { CreateTokenForm } from '../create-token-form.ts';

interface MeaningProps {
  form: Pick<CreateTokenForm, 'rules' | 'expires' | 'canary'>;
  /** The name of the service account that will own the token. Null: the member owns it. */
  owner: string | null;
}

/**
 * What the choices in the form mean, in one sentence. The style sheet keeps it true while they change: it shows one part of each pair by what
 * is chosen.
 */
export function Meaning({ form: { rules, expires }, owner }: MeaningProps) {
  return (
    <p class="meaning" aria-live="polite">
      Whoever has its value can <Either by="method" first={rules.readOnly} one="read" other="read and change" />{' '}
      {owner === null ? 'what you may' : `what ${owner} may`}{' '}
      <Either by="apps" first={rules.apps !== ''} one="at the apps above" other="at every app" />
      <Either by="allow" first={rules.allow !== ''} one=" with the requests above" other=" with any request" />
      <Either by="networks" first={rules.networks !== ''} one=" from the networks above" other=" from anywhere" />
      <Either by="expiry" first={expires === 'never'} one=", and it never expires." other=", until it expires." />{' '}
      <span data-means="observe" hidden={!rules.observe}>
        The rules are only recorded, so they deny nothing.
      </span>
    </p>
  );
}

/** Two texts, of which one is shown. */
function Either({ by, first, one, other }: { by: string; first: boolean; one: Child; other: Child }) {
  return (
    <>
      <span data-means={by} hidden={!first}>
        {one}
      </span>
      <span data-means={`no-${by}`} hidden={first}>
        {other}
      </span>
    </>
  );
}
