/**
 * The content of a mail before it is rendered as text and HTML. Both show the parts in this order.
 *
 * Untrusted text belongs into `mailText`, because the templates sanitize only what is marked. Links lead to this server: build
 * their URL from the public URL and IDs, never from text of members.
 */
export interface MailContent {
  subject: MailText;
  /** The text that mail programs show after the subject in a list of messages. */
  preview: MailText;
  greeting: MailText;
  /** What happened, and to which account. */
  lead: string;
  /** The page that the member most likely wants: a button in HTML, and an address on a line of its own in both parts. */
  button: MailLink | null;
  /** Several tokens or events, each with its details and the commands that act on it. */
  items: ReadonlyArray<{ title: MailText; details: MailText; commands?: readonly string[] }>;
  /** Very many tokens or events, one line each, below a heading that says what they have in common. */
  lists: ReadonlyArray<{ heading: MailText; lines: readonly MailText[] }>;
  /** Labels with their values, in order. */
  facts: ReadonlyArray<readonly [label: string, value: MailText]>;
  /** The next steps, in one section if the member expected this and another if not. */
  advice: readonly AdviceSection[];
  /** The public URL of this server. */
  serverUrl: string;
  footer: string;
}

/** A page of this server. */
export interface MailLink {
  /** The purpose of the page, such as `View this token`. For a button, the text part leaves it out. */
  label: string;
  url: string;
}

/** A heading, and a list of its own. */
export interface AdviceSection {
  /** The case, such as `If this was you`. */
  heading: string;
  intro?: string;
  steps: readonly AdviceStep[];
}

/** One step, with the page of the console and the command that do it. */
export interface AdviceStep {
  instruction: string;
  link?: MailLink;
  /** A command to type. */
  command?: string;
}

/**
 * Maximum number of items with details and commands. A mail about more tokens uses lists, so that it stays below the 102 KB of HTML
 * after which Gmail cuts a mail off, or at least far below the 10 MB that mail servers accept.
 */
export const maxItems = 100;

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

/** Untrusted text, such as a token name or a user agent. The templates sanitize it. */
export interface OutsideText {
  readonly outside: string;
}

/** Our own words, mixed with untrusted text. */
export type MailText = string | ReadonlyArray<string | OutsideText>;

/** Marks each interpolated value as untrusted: mailText`API token "${name}" was created` */
export function mailText(words: TemplateStringsArray, ...values: string[]): MailText {
  return words.flatMap((word, index) => {
    const outside = values[index];
    return outside === undefined ? [word] : [word, { outside }];
  });
}
