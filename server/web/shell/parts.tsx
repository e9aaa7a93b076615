import type { PropsWithChildren } from 'hono/jsx';
import { relativeTime } from '../../../shared/relative-time.ts';
import type { AppContext } from '../../http/context.ts';
import { formTokenField } from './form-token.ts';

/** Belongs into every form that posts. */
export function FormToken({ c }: { c: AppContext }) {
  return <input type="hidden" name={formTokenField} value={c.get('formToken')} />;
}

/** A time as people say it, with the exact one (UTC) on hover. Times in milliseconds since the epoch. */
export function Time({ at, now }: { at: number; now: number }) {
  const exact = new Date(at).toISOString();
  return (
    <time datetime={exact} title={`${exact.slice(0, 19).replace('T', ' ')} UTC`}>
      {relativeTime(exact, new Date(now))}
    </time>
  );
}

const clippedCharacters = 80;

/**
 * A text that others chose, at most so long that a row stays one; the whole of it on hover. Characters in it that turn the
 * direction of writing turn nothing beside it.
 */
export function Clipped({ text }: { text: string }) {
  const characters = [...text];
  if (characters.length <= clippedCharacters) return <bdi>{text}</bdi>;
  return <bdi title={text}>{`${characters.slice(0, clippedCharacters - 1).join('')}…`}</bdi>;
}

/** What went wrong, on top of a form; takes the focus so that it is read out. */
export function Alert({ children }: PropsWithChildren) {
  return (
    <p class="note danger" role="alert" tabindex={-1} data-focus>
      {children}
    </p>
  );
}

interface FieldProps {
  label: string;
  name: string;
  type?: string;
  value?: string | undefined;
  hint?: string;
  error?: string | undefined;
  required?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  maxlength?: number;
  min?: string | undefined;
  max?: string | undefined;
}

/** A labelled input with its hint and its error. */
export function Field({ label, name, hint, error, type = 'text', ...input }: FieldProps) {
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={type}
        aria-describedby={described || undefined}
        aria-invalid={error ? 'true' : undefined}
        {...input}
      />
      {hint && (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

interface DialogProps {
  title: string;
  /** Where Cancel and Escape lead; its fragment names what gets the focus back. */
  closeHref: string;
}

/**
 * A dialog that the server opens: `?dialog=…` renders it into the page. Without script it stands on top of the page; script
 * makes it modal, with focus trap and Escape.
 */
export function Dialog({ title, closeHref, children }: PropsWithChildren<DialogProps>) {
  return (
    <dialog open data-modal data-close={closeHref} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps extends DialogProps {
  c: AppContext;
  action: string;
  /** What the button does, as a verb. */
  confirm: string;
  danger?: boolean;
  /** Hidden fields. */
  fields?: Record<string, string>;
}

/** A dialog that asks before it posts. */
export function Confirm({
  c,
  title,
  closeHref,
  action,
  confirm,
  danger,
  fields = {},
  children,
}: PropsWithChildren<ConfirmProps>) {
  return (
    <Dialog title={title} closeHref={closeHref}>
      <form method="post" action={action}>
        <FormToken c={c} />
        {Object.entries(fields).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        {children}
        <div class="actions">
          <a class="button" href={closeHref} autofocus>
            Cancel
          </a>
          <button type="submit" class={danger ? 'danger' : 'primary'}>
            {confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const badges = {
  active: 'success',
  blocked: 'warning',
  disabled: 'danger',
  'sso-stale': 'warning',
  expired: 'neutral',
} as const;

/** A status word in its colour; the word alone says it all. */
export function Status({ status }: { status: keyof typeof badges }) {
  return <span class={`badge ${badges[status]}`}>{status}</span>;
}

/** The way to the next page of a list. `href` null: this is the last one. */
export function NextPage({ href }: { href: string | null }) {
  if (href === null) return null;
  return (
    <nav class="pages" aria-label="Pages">
      <a class="button" rel="next" href={href}>
        Next page
      </a>
    </nav>
  );
}
