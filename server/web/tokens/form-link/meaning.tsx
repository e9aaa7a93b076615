import type { Child } from 'hono/jsx';
import type { CreateTokenForm } from '../create-token-form.ts';

interface MeaningProps {
  form: Pick<CreateTokenForm, 'rules' | 'expires' | 'canary'>;
  /** The name of the service account that will own the token. Null: the member owns it. */
  owner: string | null;
  /** Whether the form has a field for the service account. */
  choosesOwner: boolean;
}

/**
 * What the choices in the form mean, in one sentence. The style sheet keeps it true while they change: it shows one part of each pair by what
 * is chosen.
 */
export function Meaning({ form: { canary, ...form }, ...owner }: MeaningProps) {
  const works = <MeaningOfRules form={form} {...owner} />;
  const never = 'This token can do nothing: it is a trap, and tells you when somebody presents its value.';
  return (
    <p class="meaning" aria-live="polite">
      <Either by="canary" first={canary} one={never} other={works} />
    </p>
  );
}

function MeaningOfRules({
  form: { rules, expires },
  owner,
  choosesOwner,
}: Omit<MeaningProps, 'form'> & { form: Omit<MeaningProps['form'], 'canary'> }) {
  const mine = 'you can';
  return (
    <>
      This token can <Either by="method" first={rules.readOnly} one="only read what" other="do everything that" />{' '}
      {choosesOwner ? (
        <Either by="account" first={owner !== null} one="the service account can" other={mine} />
      ) : owner === null ? (
        mine
      ) : (
        `${owner} can`
      )}
      <Either by="apps" first={rules.apps !== ''} one=", only in the apps named above, if any" other=", in every app" />
      <Either by="allow" first={rules.allow !== ''} one=", only with the requests above" other="" />
      <Either
        by="networks"
        first={rules.networks !== ''}
        one=", only from the networks above"
        other=", from any network"
      />
      <Either by="expiry" first={expires === 'never'} one=", for ever." other=", until it expires." />{' '}
      <span data-means="observe" hidden={!rules.observe}>
        But these rules are only recorded: they deny nothing until they are applied.
      </span>
    </>
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
