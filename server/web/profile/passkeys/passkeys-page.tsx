import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../../shared/problem.ts';
import type { Unavailable } from '../../../domain/sign-in/passkeys/passkeys.ts';
import type { PasskeyRecord } from '../../../store/records.ts';
import { FormProblem } from '../../shell/components/form-dialog.tsx';
import { type RowAction, RowMenu } from '../../shell/components/row-menu.tsx';
import { Time } from '../../shell/components/time.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { Layout } from '../../shell/layout.tsx';
import { usePage } from '../../shell/page-context.ts';
import { formatUrl } from '../../shell/page-url.ts';
import { PasskeyForm } from '../../sign-in/passkeys/passkey-form.tsx';
import { PasskeyNameField } from './passkey-name-field.tsx';

export const passkeysPath = '/profile/passkeys';

export interface PasskeysPageProps {
  passkeys: PasskeyRecord[];
  now: number;
  /** Host that passkeys work for. Null if there are none at this address. */
  host: string | null;
  /** Why the member cannot add a passkey, or null. */
  unavailable: Unavailable | null;
  /** Name that the form offers. */
  name: string;
  problem?: ProblemError | undefined;
  dialog?: Child;
}

/** The member's passkeys, with the form that adds one. */
export function PasskeysPage({ passkeys, now, host, unavailable, name, problem, dialog }: PasskeysPageProps) {
  return (
    <Layout title="Passkeys" section="/profile">
      <p>
        <a href="/profile">Back to your profile</a>
      </p>
      <h1>Passkeys</h1>
      {problem && <FormProblem problem={problem} unchanged="Nothing was added." />}
      <p>
        With a passkey, you sign in with your fingerprint, your face or the PIN of your device in place of your password
        and a code. It can also be the second factor after your password.
      </p>
      {passkeys.length > 0 && <PasskeyTable passkeys={passkeys} now={now} host={host} />}
      <h2>Add a passkey</h2>
      {unavailable === null ? (
        <>
          {passkeys.length === 0 && <p>Adding the first one signs you out everywhere else.</p>}
          <PasskeyForm action={passkeysPath} makes submit="Add passkey" class="card narrow" primary>
            <PasskeyNameField value={name} error={fieldErrors(problem).name} />
          </PasskeyForm>
          <noscript>
            <p>Passkeys need JavaScript. Turn it on for this site to add one.</p>
          </noscript>
        </>
      ) : (
        <p>
          <WhyNot reason={unavailable} />
        </p>
      )}
      {dialog}
    </Layout>
  );
}

/** Says why a member cannot add a passkey. */
export function WhyNot({ reason }: { reason: Unavailable }) {
  const { publicUrl } = usePage();
  if (reason === 'sso')
    return <>You need no passkey here, because you sign in with your organization's single sign-on.</>;
  return (
    <>
      Browsers allow no passkeys at {publicUrl}. They need an address with https and a domain name, or localhost. Ask
      your operator to set TOKENSD_PUBLIC_URL to one.
    </>
  );
}

function actionsOf({ id }: PasskeyRecord): RowAction[] {
  const hrefOf = (dialog: string) => formatUrl({ path: passkeysPath, query: { dialog, id } });
  return [
    { href: hrefOf('rename'), label: 'Rename' },
    { href: hrefOf('remove'), label: 'Remove' },
  ];
}

function PasskeyTable({ passkeys, now, host }: Pick<PasskeysPageProps, 'passkeys' | 'now' | 'host'>) {
  return (
    <table class="list">
      <caption class="visually-hidden">Your passkeys</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Added</th>
          <th scope="col">Last used</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {passkeys.map((passkey) => (
          <tr>
            <td data-label="Name">
              {passkey.name}
              {passkey.rpId !== host && <span class="sub">Works only at {passkey.rpId}</span>}
            </td>
            <td data-label="Added">
              <Time at={passkey.createdAt} now={now} />
            </td>
            <td data-label="Last used">
              {passkey.lastUsedAt === null ? 'never' : <Time at={passkey.lastUsedAt} now={now} />}
            </td>
            <td class="end">
              <RowMenu id={passkey.id} name={passkey.name} items={actionsOf(passkey)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
