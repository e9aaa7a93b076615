import type { AdviceSection, AdviceStep, MailContent } from '../../domain/notifications/mail-content.ts';
import { plain } from './sanitize.ts';

/** RFC 5322 recommends lines of at most 78 characters. Addresses and commands are never broken. */
const maxWidth = 76;

/** Renders the plain text part of a mail. Each address and each command is on a line of its own, so that it can be copied. */
export function renderText(content: MailContent): string {
  const { greeting, lead, button, items, lists, facts, advice, serverUrl, footer } = content;
  const paragraphs = [
    plain(greeting),
    wrap(lead),
    button === null ? '' : `${button.label}:\n${button.url}`,
    items.map(item).join('\n'),
    ...lists.map(list),
    table(facts),
    ...advice.map(section),
    `Server:\n${serverUrl}`,
    wrap(footer),
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

function item({ title, details, commands = [] }: MailContent['items'][number]): string {
  const lines = commands.map((command) => `    ${command}`);
  return [`  * ${plain(title)}`, wrap(plain(details), '    '), ...lines].join('\n');
}

function list({ heading, lines }: MailContent['lists'][number]): string {
  return [wrap(`${plain(heading)}:`), ...lines.map((line) => wrap(plain(line), '    ', '  * '))].join('\n');
}

function section({ heading, intro, steps }: AdviceSection): string {
  const lines = [
    `${heading}`,
    '-'.repeat(heading.length),
    ...(intro === undefined ? [] : [wrap(intro)]),
    ...steps.map(step),
  ];
  return lines.join('\n');
}

function step({ instruction, link, command }: AdviceStep, index: number): string {
  const lines = [wrap(instruction, '     ', `  ${index + 1}. `)];
  if (link !== undefined) lines.push(`     ${link.label}:`, `     ${link.url}`);
  if (command !== undefined) lines.push('     On the command line:', `     ${command}`);
  return lines.join('\n');
}

function table(facts: MailContent['facts']): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length)) + 2;
  return facts
    .map(([label, value]) => wrap(plain(value), ' '.repeat(2 + width), `  ${label.padEnd(width)}`))
    .join('\n');
}

/** Breaks the text at spaces. Words that are longer than a line stay whole. */
function wrap(text: string, indent = '', firstIndent = indent): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const width = (lines.length === 0 ? firstIndent : indent).length + line.length + 1 + word.length;
    if (line !== '' && width > maxWidth) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((content, index) => `${index === 0 ? firstIndent : indent}${content}`.trimEnd()).join('\n');
}
