import type { Command } from 'commander';
import { isLoopback } from '../../../shared/loopback.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import { networkError } from '../../api/exchange.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, localError } from '../../errors.ts';
import { readSecret } from '../../input/read-stdin.ts';
import { answerTimeout } from '../../session/connect.ts';
import { note, tell } from '../../ui/notes.ts';
import { plain } from '../../ui/plain.ts';
import type { Check } from './examine.ts';

const connectMs = 10_000;

export function registerDoctorProxy(doctor: Command, ctx: Context, run = runDoctorProxy): void {
  doctor
    .command('proxy')
    .argument('<url>', 'Address of something behind the proxy that needs a token')
    .summary('Try to get past your proxy')
    .description(
      'Try to get past the proxy in front of your API, and tell which lines of its configuration close each hole. A token ' +
        'that works, on standard input, shows besides what your API is told. Needs no session; sends GETs only.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ tokens doctor proxy https://api.example.com/builds\n  $ tokens doctor proxy https://api.example.com/builds < token.txt',
    )
    .action((url: string, _options, command: Command) => run(ctx, url, command.optsWithGlobals()));
}

async function runDoctorProxy(ctx: Context, address: string, options: GlobalOptions): Promise<void> {
  const url = parseAddress(address);
  const token = await optionalToken(ctx);
  if (token !== null && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw localError(
      'insecure-server',
      `Refusing http:// to ${url.host}: the token would cross the network unprotected.`,
    );
  }
  const made: Check[] = [];
  await print(ctx, options, examined(ctx, options, url, token, made));
  const failed = made.filter(({ result }) => result === 'failed').length;
  const skipped = made.filter(({ result }) => result === 'skipped').length;
  if (failed > 0) throw localError('proxy-hole', `The proxy at ${url.host} failed ${failed} of ${made.length} checks.`);
  await note(ctx, options, `No hole was found.${skipped > 0 ? ` ${skipped} checks could not be made.` : ''}`);
}

function parseAddress(text: string): URL {
  const url = URL.canParse(text) && /^https?:\/\//i.test(text.trim()) ? new URL(text) : null;
  if (url === null) throw localError('usage', 'The address must be a URL that starts with https:// or http://.');
  if (url.username !== '' || url.password !== '') {
    throw localError('usage', 'The address must not hold a user name or password. Pipe a token in instead.');
  }
  return url;
}

/** The token that was piped in, or null. */
async function optionalToken(ctx: Context): Promise<string | null> {
  if (ctx.stdin.isTTY) return null;
  const text = await readSecret(ctx).catch((error: unknown) => {
    if (hasCode(error, 'nothing-on-stdin')) return null;
    throw error;
  });
  if (text === null || isWellFormedToken(text)) return text;
  throw localError('usage', 'What stands on standard input is no token. Pipe one in, or nothing.');
}

/** The checks as they are made; `made` gathers them. */
async function* examined(
  ctx: Context,
  options: GlobalOptions,
  url: URL,
  token: string | null,
  made: Check[],
): AsyncGenerator<readonly Check[]> {
  const { examine } = await import('./examine.ts');
  const answerMs = answerTimeout(ctx);
  const checks = examine({
    url,
    token,
    userAgent: `tokens/${ctx.version} ${ctx.runtime}`,
    signal: ctx.signal,
    connectMs: Math.min(connectMs, answerMs),
    answerMs,
    trace: async (line) => {
      if (options.verbose) await tell(ctx, line);
    },
  });
  try {
    for await (const page of checks) {
      made.push(...page);
      yield page;
    }
  } catch (error) {
    throw asProblem(error, url);
  }
}

function asProblem(error: unknown, url: URL): unknown {
  if (!(error instanceof Error) || error.name !== 'NotHttpError') return networkError(error, url.origin);
  return localError('unreachable', `${url.origin} does not answer in HTTP/1.1. Check the address.`, error);
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
      await ctx.stdout.write(`${[`${signs[result]} ${title}: ${plain(detail)}`, ...advice].join('\n')}\n`);
    }
  }
}
