import escapeHtml from 'escape-html';
import type {
  AdviceSection,
  AdviceStep,
  MailContent,
  MailLink,
  MailText,
} from '../../domain/notifications/mail-content.ts';
import { plain } from './sanitize.ts';

// Only the button has colours, which are legible on light and dark. Lines and shades are translucent, and text has the colour
// that the mail program chooses for its light or dark mode.
const line = 'border-bottom:1px solid rgba(128,128,128,.35)';
const shade = 'background:rgba(128,128,128,.15);border-radius:4px';
const mono = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace';
const labelStyle = `${line};padding:6px 16px 6px 0;text-align:left;vertical-align:top;font-weight:600;white-space:nowrap`;
const commandStyle = `${mono};${shade};display:inline-block;margin-top:4px;padding:4px 10px;font-size:14px;overflow-wrap:anywhere`;
const buttonStyle =
  'display:inline-block;padding:11px 20px;border:1px solid #0b57d0;border-radius:6px;background:#0b57d0;color:#fff;font-weight:600;text-decoration:none';
const small = 'font-size:13px';
const headingStyle = 'margin:28px 0 8px;font-size:17px;line-height:1.3';
const listStyle = 'margin:0;padding-left:24px';
/** Keeps the text after the preview out of lists of messages. */
const previewPadding = '&nbsp;&zwnj;'.repeat(60);

/** Renders the HTML part of a mail. Styles are inline, because many mail programs drop style sheets. */
export function renderHtml(content: MailContent): string {
  const { subject, preview, greeting, lead, button, items, lists, facts, advice, serverUrl, footer } = content;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${escapeHtml(plain(subject))}</title>
<style>:root{color-scheme:light dark}</style>
</head>
<body style="margin:0;padding:24px 16px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="display:none;max-height:0;overflow:hidden;opacity:0">${isolated(preview)}${previewPadding}</div>
<div style="max-width:600px;margin:0 auto">
<p style="margin:0 0 16px">${isolated(greeting)}</p>
<p style="margin:0 0 20px;overflow-wrap:anywhere">${escapeHtml(lead)}</p>
${button === null ? '' : renderButton(button)}
${items.length === 0 ? '' : `<ul style="${listStyle};margin-bottom:20px">${items.map(item).join('\n')}</ul>`}
${lists.map(list).join('\n')}
${facts.length === 0 ? '' : `<table style="border-collapse:collapse;width:100%;font-size:15px">${facts.map(row).join('\n')}</table>`}
${advice.map(section).join('\n')}
<p style="${small};margin:28px 0 0;opacity:.75">${escapeHtml(footer)}<br>Server: ${anchor(serverUrl)}</p>
</div>
</body>
</html>
`;
}

function renderButton({ label, url }: MailLink): string {
  const button = `<a href="${escapeHtml(url)}" style="${buttonStyle}">${escapeHtml(label)}</a>`;
  const address = `<p style="${small};margin:10px 0 20px">Or open this address: ${anchor(url)}</p>`;
  return `<p style="margin:0">${button}</p>\n${address}`;
}

function section({ heading, intro, steps }: AdviceSection): string {
  const parts = [
    `<h2 style="${headingStyle}">${escapeHtml(heading)}</h2>`,
    ...(intro === undefined ? [] : [`<p style="margin:0 0 8px">${escapeHtml(intro)}</p>`]),
    ...(steps.length === 0 ? [] : [`<ol style="${listStyle}">${steps.map(step).join('\n')}</ol>`]),
  ];
  return parts.join('\n');
}

function step({ instruction, link, command }: AdviceStep): string {
  const ways = [
    ...(link === undefined ? [] : [`<a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a>`]),
    ...(command === undefined ? [] : [`<code style="${commandStyle}">${words(command)}</code>`]),
  ];
  const how = ways.length === 0 ? '' : `<br>${ways.join(' or run ')}`;
  return `<li style="margin:0 0 12px">${escapeHtml(instruction)}${how}</li>`;
}

function item({ title, details, commands = [] }: MailContent['items'][number]): string {
  const lines = commands.map((command) => `<br><code style="${commandStyle}">${words(command)}</code>`).join('');
  return `<li style="margin:0 0 8px;overflow-wrap:anywhere"><strong>${isolated(title)}</strong><br>${isolated(details)}${lines}</li>`;
}

/** Each line has little markup, because there may be thousands. */
function list({ heading, lines }: MailContent['lists'][number]): string {
  const entries = lines.map((line) => `<li>${isolated(line)}</li>`).join('\n');
  return (
    `<p style="margin:0 0 4px;overflow-wrap:anywhere;font-weight:600">${isolated(heading)}</p>` +
    `<ul style="${listStyle};margin-bottom:20px;overflow-wrap:anywhere">${entries}</ul>`
  );
}

/** Keeps an option on one line. Otherwise narrow screens break `--expires` after its hyphens. */
function words(command: string): string {
  return escapeHtml(command).replace(/--[\w-]+/g, '<span style="white-space:nowrap">$&</span>');
}

function row([label, value]: MailContent['facts'][number]): string {
  return (
    `<tr><th scope="row" style="${labelStyle}">${escapeHtml(label)}</th>` +
    `<td style="${line};padding:6px 0;overflow-wrap:anywhere">${isolated(value)}</td></tr>`
  );
}

function anchor(url: string): string {
  return `<a href="${escapeHtml(url)}" style="overflow-wrap:anywhere">${escapeHtml(url)}</a>`;
}

/** Keeps right-to-left text from reordering the text around it. */
function isolated(text: MailText): string {
  return `<bdi>${escapeHtml(plain(text))}</bdi>`;
}
