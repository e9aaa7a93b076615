import type { MailContent, RenderedMail } from '../../domain/notifications/mail-content.ts';
import { renderHtml } from './html.ts';
import { oneLine, plain, shorten } from './sanitize.ts';
import { renderText } from './text.ts';

const maxSubjectCharacters = 150;

/** Renders a mail as text and HTML. Both sanitize untrusted text. */
export function renderMail(content: MailContent): RenderedMail {
  return {
    subject: shorten(oneLine(plain(content.subject)), maxSubjectCharacters),
    text: renderText(content),
    html: renderHtml(content),
  };
}
