import type { AdviceStep, MailContent } from '../../domain/notifications/mail-content.ts';
import { plain } from './sanitize.ts';

/** Renders the plain text part of a mail. */
export function renderText(content: MailContent): string {
  const { greeting, lead, advice, items, facts, serverUrl, footer } = content;
  const paragraphs = [
    plain(greeting),
    lead,
    advice.condition,
    advice.steps.map(step).join('\n'),
    items.map(({ title, details }) => `  * ${plain(title)}\n    ${details}`).join('\n'),
    table(facts),
    `Server: ${serverUrl}`,
    footer,
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

function step({ instruction, command }: AdviceStep, index: number): string {
  return `  ${index + 1}. ${instruction}${command === undefined ? '' : `\n       ${command}`}`;
}

function table(facts: MailContent['facts']): string {
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  return facts.map(([label, value]) => `  ${label.padEnd(width)}${plain(value)}`).join('\n');
}
