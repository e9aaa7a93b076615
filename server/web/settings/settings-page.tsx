import type { Child } from 'hono/jsx';
import { count } from '../../../shared/count.ts';
import type { ProviderContact, ServerFacts, ShownSetting } from '../../domain/overview/server-state.ts';
import { FormToken } from '../shell/components/form.tsx';
import { Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { settingsPath, testMailPath } from './settings-paths.ts';

interface SettingsPageProps extends ServerFacts {
  versions: { tokensd: string; node: string };
  settings: readonly ShownSetting[];
  /** The issuer of single sign-on and when it was last asked. Null: single sign-on is off. */
  sso: { issuer: string; contact: ProviderContact | null } | null;
  now: number;
  /** Why no test mail was sent. */
  problem?: string | undefined;
}

/** How the server is set up. Everything is read-only, because the settings are those of the process. */
export function SettingsPage({ versions, database, schema, mail, settings, sso, now, problem }: SettingsPageProps) {
  return (
    <Layout title="Settings" section={settingsPath}>
      <h1>Settings</h1>
      {problem !== undefined && (
        <p class="note danger" role="alert">
          {problem}
        </p>
      )}
      <h2>Versions</h2>
      <dl class="facts">
        <Fact name="tokensd">{versions.tokensd}</Fact>
        <Fact name="Node.js">{versions.node}</Fact>
        <Fact name="Database">{database}</Fact>
        <Fact name="Schema">{schema}</Fact>
      </dl>
      <MailSection mail={mail} settings={settings} now={now} />
      <SsoSection sso={sso} now={now} />
      <h2>Effective settings</h2>
      <p>
        The process reads them when it starts, from environment variables or the files that these name. <code>set</code>{' '}
        stands for a secret. This node shows its own.
      </p>
      <SettingTable settings={settings} />
    </Layout>
  );
}

function Fact({ name, children }: { name: string; children: Child }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function MailSection({ mail, settings, now }: Pick<SettingsPageProps, 'mail' | 'settings' | 'now'>) {
  const effective = (wanted: string) => settings.find(({ name }) => name === wanted)?.value ?? null;
  const server = effective('TOKENSD_SMTP_URL');
  return (
    <>
      <div class="heading">
        <h2 id="mail">Mail</h2>
        {useMember().superuser && (
          <form method="post" action={testMailPath}>
            <FormToken />
            <button type="submit" class="quiet">
              Send test mail
            </button>
          </form>
        )}
      </div>
      <dl class="facts">
        <Fact name="Server">{server ?? 'none: mails are written to files. Set TOKENSD_SMTP_URL to send them.'}</Fact>
        <Fact name="Sender">{effective('TOKENSD_MAIL_FROM')}</Fact>
        <Fact name="Last sent">{mail.lastSentAt === null ? 'never' : <Time at={mail.lastSentAt} now={now} />}</Fact>
        <Fact name="Waiting">
          {mail.waiting === 0 || mail.oldestAt === null ? (
            'none'
          ) : (
            <>
              {count(mail.waiting, 'mail')}, the oldest from <Time at={mail.oldestAt} now={now} />
              {mail.error !== null && <span class="sub">Last error: {mail.error}</span>}
            </>
          )}
        </Fact>
        <Fact name="Undeliverable">
          {mail.undelivered === 0 ? (
            'none'
          ) : (
            <>
              {count(mail.undelivered, 'mail')}. <code>tokensd mail list</code> shows why.
            </>
          )}
        </Fact>
      </dl>
    </>
  );
}

function SsoSection({ sso, now }: Pick<SettingsPageProps, 'sso' | 'now'>) {
  return (
    <>
      <h2>Single sign-on</h2>
      {sso === null ? (
        <p>Single sign-on is off. Members sign in with passwords.</p>
      ) : (
        <dl class="facts">
          <Fact name="Issuer">{sso.issuer}</Fact>
          <Fact name="Discovery">
            {sso.contact === null ? (
              'not asked since the daemon started'
            ) : (
              <>
                <span class={sso.contact.succeeded ? 'badge success' : 'badge warning'}>
                  {sso.contact.succeeded ? 'reachable' : 'failed'}
                </span>{' '}
                <Time at={sso.contact.at} now={now} />
                {!sso.contact.succeeded && (
                  <span class="sub">
                    The log of the daemon says why, and so does <code>tokensd check</code>.
                  </span>
                )}
              </>
            )}
          </Fact>
        </dl>
      )}
    </>
  );
}

/** The texts for limits that are not set. "None" alone could be read as the opposite. */
const noneOf: Readonly<Record<string, string>> = {
  TOKENSD_KEEP_AUDIT: 'none (kept for ever)',
  TOKENSD_MAX_EXPIRY: 'none (no limit)',
  TOKENSD_DEFAULT_EXPIRY: 'none (as TOKENSD_MAX_EXPIRY, if a request names no expiry)',
  TOKENSD_SSO_MAX_AGE: 'none (no limit)',
  TOKENSD_MAX_IDLE: 'none (no limit)',
};

function SettingTable({ settings }: Pick<SettingsPageProps, 'settings'>) {
  return (
    <table class="list settings">
      <caption class="visually-hidden">Effective settings</caption>
      <thead>
        <tr>
          {['Setting', 'Value', 'From'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {settings.map(({ name, meaning, value, source }) => (
          <tr id={name}>
            <th scope="row">
              <code>{name}</code>
              <span class="sub">
                {meaning.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}
              </span>
            </th>
            <td data-label="Value">
              {value === null ? <span class="hint">{noneOf[name] ?? 'none'}</span> : <code class="entry">{value}</code>}
            </td>
            <td data-label="From" class="words">
              {source === null ? <span class="hint">default</span> : source}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
