import escapeHtml from 'escape-html';
import { redact } from '../../../shared/redact.ts';

/** A notice before it takes a form. Its strings are plain text; both renderings make outside text harmless. */
export interface Notice {
  subject: string;
  greeting: string;
  lead: string;
  /** Label and value, in order. */
  facts: ReadonlyArray<readonly [string, string]>;
  /** Named things, each with its own facts. */
  items: ReadonlyArray<{ title: string; facts: string }>;
  /** What to do, and whether it is needed at all. */
  advice: { condition: string; steps: ReadonlyArray<{ say: string; command?: string }> };
  /** Where all this can be looked at. */
  url: string;
  footer: string;
}

export interface RenderedNotice {
  subject: string;
  text: string;
  html: string;
}

const subjectCharacters = 150;

/**
 * Outside text (names, user agents) as one harmless line: no control, bidi or zero-width characters, and nothing that a
 * mail program would turn into a link (`evil[.]example`).
 */
export function outsideText(text: string, longest = 300): string {
  const line = oneLine(redact(text))
    .replace(/:(?=\/\/)/g, '[:]')
    .replace(/[.\u3002\uFF0E\uFF61](?=\p{L}{2})/gu, '[.]');
  return shorten(line, longest);
}

function oneLine(text: string): string {
  return text
    .replace(/[\p{Z}\p{Cc}]+/gu, ' ')
    .replace(/\p{C}/gu, '')
    .trim();
}

function shorten(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

export function renderNotice(notice: Notice): RenderedNotice {
  return { subject: shorten(oneLine(notice.subject), subjectCharacters), text: asText(notice), html: asHtml(notice) };
}

function asText({ greeting, lead, facts, items, advice, url, footer }: Notice): string {
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const paragraphs = [
    greeting,
    lead,
    items.map(({ title, facts }) => `  * ${title}\n    ${facts}`).join('\n'),
    facts.map(([label, value]) => `  ${label.padEnd(width)}${value}`).join('\n'),
    advice.condition,
    advice.steps
      .map(({ say, command }, index) => `  ${index + 1}. ${say}${command === undefined ? '' : `\n       ${command}`}`)
      .join('\n'),
    `Server: ${url}`,
    footer,
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

// Colours are left to the reader's program, so that the mail is legible in light and dark; lines and shades are translucent.
const line = 'border-bottom:1px solid rgba(128,128,128,.35)';
const shade = 'background:rgba(128,128,128,.15);border-radius:4px';
const mono = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace';

function asHtml({ subject, greeting, lead, facts, items, advice, url, footer }: Notice): string {
  const row = ([label, value]: readonly [string, string]) =>
    `<tr><th scope="row" style="${line};padding:6px 16px 6px 0;text-align:left;vertical-align:top;font-weight:600;white-space:nowrap">${escapeHtml(label)}</th>` +
    `<td style="${line};padding:6px 0;overflow-wrap:anywhere">${isolated(value)}</td></tr>`;
  const item = ({ title, facts }: Notice['items'][number]) =>
    `<li style="margin:0 0 8px"><strong>${isolated(title)}</strong><br>${isolated(facts)}</li>`;
  const step = ({ say, command }: Notice['advice']['steps'][number]) =>
    `<li style="margin:0 0 12px">${escapeHtml(say)}${command === undefined ? '' : `<br><code style="${mono};${shade};display:inline-block;margin-top:6px;padding:6px 10px;overflow-wrap:anywhere">${escapeHtml(command)}</code>`}</li>`;

  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${escapeHtml(subject)}</title>
<style>:root{color-scheme:light dark}</style>
</head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:600px;margin:0 auto">
<p>${isolated(greeting)}</p>
<p>${escapeHtml(lead)}</p>
${items.length === 0 ? '' : `<ul style="padding-left:20px">${items.map(item).join('\n')}</ul>`}
<table style="border-collapse:collapse;width:100%;font-size:15px">${facts.map(row).join('\n')}</table>
<p><strong>${escapeHtml(advice.condition)}</strong></p>
<ol style="padding-left:20px">${advice.steps.map(step).join('\n')}</ol>
<p>Server: <a href="${escapeHtml(url)}">${escapeHtml(url)}</a></p>
<p style="font-size:13px;opacity:.75">${escapeHtml(footer)}</p>
</div>
</body>
</html>
`;
}

/** Right-to-left names stay in their own corner (HTML §4.5.24). */
function isolated(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}
