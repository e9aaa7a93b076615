import { formatUserCode } from '../../domain/sign-in/user-codes.ts';
import type { AppContext } from '../../http/context.ts';
import type { DeviceCodeRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { Alert, Clipped, Field, FormToken, Time } from '../shell/parts.tsx';
import { Decision } from './authorize-page.tsx';

interface PageProps {
  c: AppContext;
  organization: string | null;
}

/** Asks for the code that a device shows. */
export function DevicePage({ c, organization, typed, error }: PageProps & { typed?: string; error?: string }) {
  return (
    <Layout c={c} title="Sign in a device" organization={organization} tab="" width="narrow">
      <h1>Sign in a device</h1>
      {error && <Alert>{error}</Alert>}
      <form method="post" action="/device" class="card">
        <FormToken c={c} />
        <Field
          label="Code"
          name="user_code"
          value={typed}
          hint="The eight letters that the command line shows, such as WDJB-MJHT. Never type a code that somebody else gave you."
          autocomplete="off"
          maxlength={32}
          required
          autofocus={!error}
        />
        <div class="actions">
          <button type="submit" class="primary">
            Continue
          </button>
        </div>
      </form>
    </Layout>
  );
}

/** Shows who asks, and asks. */
export function ApproveDevicePage({
  c,
  organization,
  device,
  now,
}: PageProps & { device: DeviceCodeRecord; now: number }) {
  const code = formatUserCode(device.userCode);
  return (
    <Layout c={c} title="Sign in a device" organization={organization} tab="" width="narrow">
      <h1>Sign in this device?</h1>
      <form method="post" action="/device/approve" class="card">
        <FormToken c={c} />
        <input type="hidden" name="user_code" value={code} />
        <p>
          The device will act as <strong>{c.get('caller').user.email}</strong>. Approve only if it is yours and shows
          this code.
        </p>
        <dl class="facts">
          <dt>Code</dt>
          <dd>
            <code>{code}</code>
          </dd>
          <dt>Program</dt>
          <dd>tokens command line</dd>
          <dt>IP address</dt>
          <dd>{device.ip ?? 'unknown'}</dd>
          <dt>User agent</dt>
          <dd>{device.userAgent === null ? 'unknown' : <Clipped text={device.userAgent} />}</dd>
          <dt>Asked</dt>
          <dd>
            <Time at={device.createdAt} now={now} />
          </dd>
        </dl>
        <Decision />
      </form>
    </Layout>
  );
}

/** What was decided. */
export function DeviceDonePage({ c, organization, approved }: PageProps & { approved: boolean }) {
  const title = approved ? 'The device is signed in' : 'The device was denied';
  return (
    <Layout c={c} title={title} organization={organization} tab="" width="narrow">
      <h1>{title}</h1>
      <p>{approved ? 'Go back to it: it goes on by itself in a few seconds.' : 'It is told so, and cannot sign in.'}</p>
      <p>You can close this window. Your sessions are listed in your profile, where each can be ended.</p>
    </Layout>
  );
}
