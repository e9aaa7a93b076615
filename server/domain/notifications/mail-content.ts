/** The content of a mail before it is rendered as text and HTML. */
export interface MailContent {
  subject: MailText;
  greeting: MailText;
  /** What happened, and to which account. */
  lead: string;
  /** What to do if the member did not expect this. */
  advice: { condition: string; steps: readonly AdviceStep[] };
  /** Several tokens of one event, each with its details. */
  items: ReadonlyArray<{ title: MailText; details: string }>;
  /** Labels with their values, in order. */
  facts: ReadonlyArray<readonly [label: string, value: MailText]>;
  /** The public URL of this server. */
  serverUrl: string;
  footer: string;
}

export interface AdviceStep {
  instruction: string;
  /** A command to type, or an address to open. */
  command?: string;
}

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
