import type { Command } from 'commander';
import type { GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { repeated } from '../../input/repeated.ts';

export interface WebhookOptions extends GlobalOptions {
  event?: string[];
  format?: string;
  /** False with `--no-description`. */
  description?: string | false;
}

/** The options that create and edit share. */
export function addWebhookOptions(command: Command): Command {
  return command
    .option(
      '--event <name>',
      "Audit action to send, such as token.revoked; 'token.*' for all that begin with it, '*' for all; repeat it for several",
      repeated,
    )
    .option('--format <format>', 'Format of the events: standard (Standard Webhooks) or slack (one line of text)')
    .option('--description <text>', 'Purpose of the webhook');
}

/** Returns the body of a create or edit. A field that no option names is missing. @throws CliError `usage` */
export function webhookBody({ event, format, description }: WebhookOptions) {
  return {
    ...(event && { events: event }),
    ...(format !== undefined && { format: parseFormat(format) }),
    ...(description !== undefined && { description: description === false ? null : description }),
  };
}

function parseFormat(text: string): 'standard' | 'slack' {
  if (text === 'standard' || text === 'slack') return text;
  throw localError('usage', `--format cannot be "${text}". Use standard or slack.`);
}
