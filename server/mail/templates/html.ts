import escapeHtml from 'escape-html';
import type { AdviceStep, MailContent, MailText } from '../../domain/notifications/mail-content.ts';
import { plain } from './sanitize.ts';

// No colours of our own, and translucent lines and shades, so that the mail is legible in light and dark mode.
const line = 'border-bottom:1px solid rgba(128,128,128,.35)';
const shade = 'background:rgba(128,128,128,.15);border-radius:4px';
const mono = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace';
const labelStyle = `${line};padding:6px 16px 6px 0;text-align:left;vertical-align:top;font-weight:600;white-space:nowrap`;
const commandStyle = `${mono};${shade};display:inline-block;margin-top:6px;padding:6px 10px;overflow-wrap:anywhere`;

/** Renders the HTML part of a mail. Styles are inline, because many mail programs drop style sheets. */
export function renderHtml(content: MailContent): string {
  const { subject, greeting, lead, advice, items, facts, serverUrl, footer } = content;
  const url = escapeHtml(serverUrl);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${escapeHtml(plain(subject))}</title>
<style>:root{color-scheme:light dark}</style>
</head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:600px;margin:0 auto">
<p>${isolated(greeting)}</p>
<p>${escapeHtml(lead)}</p>
<p><strong>${escapeHtml(advice.condition)}</strong></p>
<ol style="padding-left:20px">${advice.steps.map(step).join('\n')}</ol>
${items.length === 0 ? '' : `<ul style="padding-left:20px">${items.map(item).join('\n')}</ul>`}
<table style="border-collapse:collapse;width:100%;font-size:15px">${facts.map(row).join('\n')}</table>
<p>Server: <a href="${url}">${url}</a></p>
<p style="font-size:13px;opacity:.75">${escapeHtml(footer)}</p>
</div>
</body>
</html>
`;
}

function step({ instruction, command }: AdviceStep): string {
  const code = command === undefined ? '' : `<br><code style="${commandStyle}">${escapeHtml(command)}</code>`;
  return `<li style="margin:0 0 12px">${escapeHtml(instruction)}${code}</li>`;
}

function item({ title, details }: MailContent['items'][number]): string {
  return `<li style="margin:0 0 8px"><strong>${isolated(title)}</strong><br>${escapeHtml(details)}</li>`;
}

function row([label, value]: MailContent['facts'][number]): string {
  return (
    `<tr><th scope="row" style="${labelStyle}">${escapeHtml(label)}</th>` +
    `<td style="${line};padding:6px 0;overflow-wrap:anywhere">${isolated(value)}</td></tr>`
  );
}

/** Keeps right-to-left text from reordering the text around it. */
function isolated(text: MailText): string {
  return `<bdi>${escapeHtml(plain(text))}</bdi>`;
}
