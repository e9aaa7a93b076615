import { usePage } from '../../shell/page-context.ts';

interface NewNetworkFieldProps {
  /** Whether no mail is sent. */
  quiet: boolean;
  /** Who gets the mail. */
  reader: string;
}

/** The choice of mails about uses from new networks. The hidden field stands for a box that is not checked. */
export function NewNetworkField({ quiet, reader }: NewNetworkFieldProps) {
  const { sendsMail } = usePage();
  return (
    <>
      <input type="hidden" name="network_mail" value="false" />
      <label class="inline">
        <input type="checkbox" name="network_mail" value="true" checked={!quiet} />
        <span>
          Mail {reader} when it is used from a new network
          {!sendsMail && <span class="sub">No mail server is set up yet, so no mail is sent.</span>}
        </span>
      </label>
    </>
  );
}

/** The choice of whether a program may rotate the token without a person. */
export function SelfRotateField({ checked }: { checked: boolean }) {
  return (
    <label class="inline">
      <input type="checkbox" name="self_rotate" value="true" checked={checked} />
      <span>
        Allow the token to rotate itself
        <span class="sub">A program that has its value may replace it with a new one, without a person.</span>
      </span>
    </label>
  );
}

/** A canary is another thing than a token that works, so its choice is apart from the others. */
export function CanaryField({ checked, told }: { checked: boolean; told: string }) {
  const { sendsMail } = usePage();
  return (
    <details class="rules" open={checked}>
      <summary>Plant a canary instead</summary>
      <label class="inline">
        <input type="checkbox" name="canary" value="true" checked={checked} />
        <span>
          Make it a canary
          <span class="sub">
            Its value never works. Leave it where only a thief would look. When somebody presents it,{' '}
            {sendsMail
              ? `${told} and all Organization Superusers get a mail.`
              : 'the console marks it in red. No mail server is set up yet, so no mail is sent.'}
          </span>
        </span>
      </label>
    </details>
  );
}
