import { Command } from 'commander';
import type { Environment } from './environment.ts';

const ownPrefix = 'TOKENSD_';

/**
 * Variables that Kubernetes and Docker links add for a service called `tokensd`, or for one whose name starts with
 * `tokensd-`, such as `TOKENSD_POSTGRES_SERVICE_HOST`.
 */
const injected =
  /^TOKENSD_(?:PORT|SERVICE_)|^TOKENSD_[A-Z0-9_]+_(?:SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const injectedAddress = /^(?:tcp|udp|sctp):\/\//;

/** Whether Kubernetes may have added a variable, so that it is no typing mistake. */
export function isInjected(name: string, value = ''): boolean {
  return injected.test(name) || (name.endsWith('_PORT') && injectedAddress.test(value));
}

/** Whether `TOKENSD_PORT` looks like a port that a person set. It has no effect, because Kubernetes uses that name. */
export function isPortIgnored(env: Environment): boolean {
  return /^\s*\d+\s*$/.test(env.TOKENSD_PORT ?? '');
}

/**
 * Returns a sentence for each variable that starts with `TOKENSD_` but is not one of `known`. Most are typing mistakes,
 * and a setting that is not obeyed may open what it was meant to close.
 */
export function unknownSettings(env: Environment, known: readonly string[]): string[] {
  return Object.keys(env)
    .filter((name) => name.toUpperCase().startsWith(ownPrefix) && !known.includes(name) && !isInjected(name, env[name]))
    .map((name) => {
      const similar = findSimilar(name.toUpperCase(), known);
      const advice = similar.length > 0 ? `Did you mean ${similar.join(' or ')}?` : 'Remove it or correct its name';
      return `${name} is not a setting of this version. ${advice}`;
    });
}

/** Returns the known names that differ in a few letters, else those that contain every word of `name`; at most three. */
function findSimilar(name: string, known: readonly string[]): string[] {
  const rest = name.slice(ownPrefix.length).trim();
  const candidates = known.map((candidate) => candidate.slice(ownPrefix.length));
  const words = rest.split(/[^A-Z0-9]+/);
  const close = suggest(rest, candidates);
  const similar = close.length > 0 ? close : candidates.filter((candidate) => hasWords(candidate, words));
  return similar.length > 3 ? [] : similar.map((candidate) => ownPrefix + candidate);
}

function hasWords(candidate: string, words: string[]): boolean {
  const own = candidate.split('_');
  return words.every((word) => own.includes(word)) && own.includes('FILE') === words.includes('FILE');
}

/** Returns the suggestions that commander, which parses our command lines, makes for an unknown word. */
function suggest(word: string, candidates: readonly string[]): string[] {
  if (candidates.includes(word)) return [word];
  let message = '';
  const program = new Command().exitOverride().configureOutput({
    writeErr: (text) => {
      message += text;
    },
  });
  for (const candidate of candidates) program.command(candidate);
  try {
    program.parse([word], { from: 'user' });
  } catch {
    // commander throws after it has written the message.
  }
  const [, list = ''] = /Did you mean (?:one of )?([A-Z0-9_, ]+)\?/.exec(message) ?? [];
  return list.split(', ').filter((entry) => entry !== '');
}
