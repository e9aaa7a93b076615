import type { Command } from 'commander';
import { count } from '../../../shared/count.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import { isLoopback, parseUrl } from '../../../shared/urls.ts';
import { toNetworkError } from '../../api/transport/network-errors.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, localError } from '../../errors.ts';
import { readSecret } from '../../input/read-stdin.ts';
import { requestTrace, timeouts, userAgent } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Check } from './check.ts';

export function registerDoctorProxy(doctor: Command, ctx: Context): void {
  doctor
    .command('proxy')
    .argument('<url>', 'Address behind the proxy that needs a token')
    .summary('Try to bypass your proxy')
    .description(
      'Try to bypass the proxy in front of your API, and print the configuration lines that close each hole. Pipe in an ' +
        'active token to also check which identity your API receives. Needs no session and sends only requests that change no data.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens doctor proxy https://api.example.com/builds\n  $ tokens doctor proxy https://api.example.com/builds < token.txt',
    )
    .action((url: string, _options, command: Command) => runDoctorProxy(ctx, url, command.optsWithGlobals()));
}

async function runDoctorProxy(ctx: Context, address: string, options: GlobalOptions): Promise<void> {
  const url = parseAddress(address);
  const token = await readOptionalToken(ctx);
  if (token !== null && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw localError(
      'insecure-server',
      `Refusing http:// to ${url.host}: the token would cross the network unencrypted. Use https://.`,
    );
  }
  const checks: Check[] = [];
  await print(ctx, options, runChecks(ctx, options, url, token, checks));
  const failed = checks.filter(({ result }) => result === 'failed').length;
  const skipped = checks.filter(({ result }) => result === 'skipped').length;
  if (failed > 0) {
    throw localError('proxy-hole', `The proxy at ${url.host} failed ${failed} of ${count(checks.length, 'check')}.`);
  }
  await note(ctx, options, `Found no way past the proxy.${skipped > 0 ? ` Skipped ${count(skipped, 'check')}.` : ''}`);
  await note(ctx, options, `Not tried: ${notTried}.`);
}

/** A proxy can treat these differently, and the checks do not show it. */
const notTried =
  'POST and other methods that change data, other paths than those below the address, other hosts and HTTP/2';

function parseAddress(text: string): URL {
  const url = parseUrl(text) !== null && /^https?:\/\//i.test(text.trim()) ? new URL(text) : null;
  if (url === null) throw localError('usage', 'The address must start with https:// or http://.');
  if (url.username !== '' || url.password !== '') {
    throw localError('usage', 'The address must not contain a user name or password. Pipe in a token instead.');
  }
  return url;
}

/** Returns the token on stdin, or null if stdin is a terminal or empty. @throws CliError `usage` for other input. */
async function readOptionalToken(ctx: Context): Promise<string | null> {
  if (ctx.stdin.isTTY) return null;
  const text = await readSecret(ctx).catch((error: unknown) => {
    if (hasCode(error, 'nothing-on-stdin')) return null;
    throw error;
  });
  if (text === null || isWellFormedToken(text)) return text;
  throw localError('usage', 'Standard input does not contain a token. Pipe in a token, or nothing.');
}

/** Yields the checks as they complete, and collects them in `checks`. */
async function* runChecks(
  ctx: Context,
  options: GlobalOptions,
  url: URL,
  token: string | null,
  checks: Check[],
): AsyncGenerator<readonly Check[]> {
  const { examine } = await import('./examine.ts');
  const trace = requestTrace(ctx, options);
  const pages = examine({ url, token, userAgent: userAgent(ctx), signal: ctx.signal, ...timeouts(ctx), trace });
  try {
    for await (const page of pages) {
      checks.push(...page);
      yield page;
    }
  } catch (error) {
    throw toProblem(error, url);
  }
}

function toProblem(error: unknown, url: URL): unknown {
  if (!(error instanceof Error) || error.name !== 'NotHttpError') return toNetworkError(error, url.origin);
  return localError('unreachable', `${url.origin} does not respond in HTTP/1.1. Check the address.`, error);
}

async function print(ctx: Context, options: GlobalOptions, checks: AsyncGenerator<readonly Check[]>): Promise<void> {
  if (options.json) {
    const { printJsonArray } = await import('../../ui/json.ts');
    return printJsonArray(ctx.stdout, checks);
  }
  if (ctx.stdout.isTTY) return printLines(ctx, options, checks);
  const { printTable } = await import('../../ui/table.ts');
  const columns = [
    { head: 'RESULT', text: (check: Check) => check.result },
    { head: 'CHECK', text: (check: Check) => check.check },
    { head: 'DETAIL', text: (check: Check) => check.detail },
    { head: 'NGINX', text: (check: Check) => check.nginx.join(' ') },
    { head: 'CADDY', text: (check: Check) => check.caddy.join(' ') },
  ];
  await printTable(ctx, options, columns, checks);
}

async function printLines(
  ctx: Context,
  options: GlobalOptions,
  checks: AsyncGenerator<readonly Check[]>,
): Promise<void> {
  const { colorsFor } = await import('../../ui/colors.ts');
  const colors = colorsFor(ctx.stdout, ctx, options);
  const signs = { passed: colors.green('✓'), failed: colors.red('✗'), skipped: colors.dim('–') };
  for await (const page of checks) {
    for (const { result, title, detail, nginx, caddy } of page) {
      const advice = [...nginx.map((line) => `    nginx  ${line}`), ...caddy.map((line) => `    Caddy  ${line}`)];
      await ctx.stdout.write(`${[`${signs[result]} ${title}: ${sanitize(detail)}`, ...advice].join('\n')}\n`);
    }
  }
}
