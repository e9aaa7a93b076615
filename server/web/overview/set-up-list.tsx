import type { Child } from 'hono/jsx';
import { type SetUpStep, setUpSteps } from '../../domain/overview/set-up-steps.ts';
import { appsPath } from '../apps/app-paths.ts';
import { settingsPath } from '../settings/settings-paths.ts';
import { Icon } from '../shell/frame/icon.tsx';
import { usePage } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { teamPath } from '../team/team-paths.ts';
import { formPath } from '../tokens/form-link/form-path.ts';

interface StepText {
  title: string;
  /** How to do it, or why. */
  text: Child;
  /** Where to do it. */
  link?: { label: string; href: string };
}

/** The open steps of the set-up. Renders nothing when all of them are done. */
export function SetUpList({ remaining }: { remaining: ReadonlySet<SetUpStep> }) {
  const { publicUrl } = usePage();
  if (remaining.size === 0) return null;
  const steps = (done: boolean) => setUpSteps.filter((step) => remaining.has(step) !== done);
  return (
    <section class="set-up" aria-labelledby="set-up">
      <h2 id="set-up">
        Set up your organization{' '}
        <span class="sub">
          {setUpSteps.length - remaining.size} of {setUpSteps.length} steps are done.
        </span>
      </h2>
      <ul>
        {steps(false).map((step) => (
          <Step {...textOf(step, publicUrl)} done={false} />
        ))}
      </ul>
      {remaining.size < setUpSteps.length && (
        <details class="fold">
          <summary>Show the steps that are done</summary>
          <ul>
            {steps(true).map((step) => (
              <Step {...textOf(step, publicUrl)} done />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Step({ title, text, link, done }: StepText & { done: boolean }) {
  return (
    <li class={done ? 'done' : undefined}>
      <Icon name={done ? 'check-circle-fill' : 'circle'} />
      <div>
        {title}
        {done ? <span class="visually-hidden"> (done)</span> : <span class="sub">{text}</span>}
      </div>
      {!done && link !== undefined && (
        <a class="button quiet" href={link.href}>
          {link.label}
        </a>
      )}
    </li>
  );
}

function textOf(step: SetUpStep, publicUrl: string): StepText {
  return step === 'https' ? httpsText(publicUrl) : texts[step];
}

function httpsText(publicUrl: string): StepText {
  const text = (
    <>
      Members reach tokensd at {publicUrl}. Put a proxy with TLS in front of it, and set <code>TOKENSD_PUBLIC_URL</code>{' '}
      to its https:// address.
    </>
  );
  return { title: 'Serve tokensd over HTTPS', text, link: { label: 'Settings', href: settingsPath } };
}

const texts: Readonly<Record<Exclude<SetUpStep, 'https'>, StepText>> = {
  mail: {
    title: 'Send mail through your mail server',
    text: (
      <>
        Set <code>TOKENSD_SMTP_URL</code>, and send a test mail. Invitations, resets of passwords and warnings about
        tokens are mails.
      </>
    ),
    link: { label: 'Settings', href: `${settingsPath}#mail` },
  },
  superusers: {
    title: 'Promote a second superuser',
    text: 'A second superuser can help if you lose your password or your second factor.',
    link: { label: 'Promote', href: teamPath },
  },
  'second-factor': {
    title: 'Turn on your second factor',
    text: 'A stolen password alone then gives nobody a superuser’s rights.',
    link: { label: 'Turn on', href: '/profile/two-step' },
  },
  members: {
    title: 'Invite the first member',
    text: 'Members create their own tokens.',
    link: { label: 'Invite', href: formatUrl({ path: teamPath, query: { dialog: 'add' } }) },
  },
  apps: {
    title: 'Register an app',
    text: 'Tokens can then be restricted to the app, and members find its address.',
    link: { label: 'Register', href: formatUrl({ path: appsPath, query: { dialog: 'add' } }) },
  },
  verification: {
    title: 'See the first verification',
    text: (
      <>
        Let your proxy ask tokensd, and send it a request with a token. <code>tokens doctor</code> checks the proxy.
      </>
    ),
    link: { label: 'Create a token', href: formPath },
  },
};
