import type { ApprovedEnd } from '../../../domain/sign-in/session-lifetimes.ts';
import type { DeviceCodeRecord } from '../../../store/records.ts';
import { ClippedText } from '../../shell/components/clipped-text.tsx';
import { Alert, Field, FormToken } from '../../shell/components/form.tsx';
import { Time } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl } from '../../shell/page-url.ts';
import { DecisionButtons } from './authorize-page.tsx';
import { SessionEnd } from './session-end.tsx';

export const approvePath = '/device/approve';

/** Asks for the code that a device shows. */
export function DevicePage({ code, error }: { code?: string; error?: string }) {
  return (
    <Layout title="Sign in a device" section="" width="narrow">
      <h1>Sign in a device</h1>
      {error && <Alert>{error}</Alert>}
      <form method="post" action="/device" class="card">
        <FormToken />
        <Field
          label="Code"
          name="user_code"
          value={code}
          hint="Enter the eight-letter code that the command line shows, such as WDJB-MJHT. Never enter a code that someone else gave you."
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

/** Returns the address of the page on which a member decides about a device. `code` is formatted. */
export function approveDeviceUrl(code: string): string {
  return formatUrl({ path: approvePath, query: { user_code: code } });
}

interface ApproveDevicePageProps {
  device: DeviceCodeRecord;
  /** The user code as the device shows it, with a hyphen. */
  code: string;
  end: ApprovedEnd;
  now: number;
}

/** Shows which device asks to sign in, and lets the member approve or deny it. */
export function ApproveDevicePage({ device, code, end, now }: ApproveDevicePageProps) {
  return (
    <Layout title="Sign in a device" section="" width="narrow">
      <h1>Sign in this device?</h1>
      <form method="post" action={approvePath} class="card">
        <FormToken />
        <input type="hidden" name="user_code" value={code} />
        <p>
          The device will be signed in as <strong>{useMember().email}</strong>.
        </p>
        <p>Approve only if it is your device and it shows the same code.</p>
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
          <dd>{device.userAgent === null ? 'unknown' : <ClippedText text={device.userAgent} />}</dd>
          <dt>Requested</dt>
          <dd>
            <Time at={device.createdAt} now={now} />
          </dd>
        </dl>
        <SessionEnd end={end} returnTo={approveDeviceUrl(code)} />
        <DecisionButtons />
      </form>
    </Layout>
  );
}

/** Confirms the member's decision. */
export function DeviceDecidedPage({ approved }: { approved: boolean }) {
  const title = approved ? 'The device is signed in' : 'The device was denied';
  return (
    <Layout title={title} section="" width="narrow">
      <h1>{title}</h1>
      {approved ? (
        <>
          <p>Return to the device. It continues within a few seconds.</p>
          <p>You can close this window. To end the device's session later, go to your profile.</p>
        </>
      ) : (
        <p>The device cannot sign in with this code. You can close this window.</p>
      )}
    </Layout>
  );
}
