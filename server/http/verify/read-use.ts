import { limits } from '../../../shared/limits.ts';
import type { ObservedRequest } from '../../domain/tokens/last-used.ts';
import { isAmbiguousPath } from '../../domain/tokens/rules/ambiguous-path.ts';
import { rawPathOf } from '../../domain/tokens/rules/evaluate.ts';
import { agentOf, networkOf, routeOf } from '../../domain/tokens/usage/fold.ts';
import { gapBits } from '../../domain/tokens/usage/gaps.ts';
import type { ReadUse } from '../../domain/tokens/usage/use-counter.ts';
import { memoize } from '../../memoize.ts';
import type { ClientIp } from '../client-ip.ts';
import { createNormalizeRequest, normalizeMethod, normalizePath, normalizeUserAgent } from './observed-request.ts';

/** Maximum number and length of texts whose result is remembered, so that clients cannot fill the memory. */
const maxRemembered = 2_000;
const maxRememberedLength = 512;
/** Maximum number of texts of which one string is kept. */
const maxShared = 8_000;

/** The data about a use that the target of a request holds. */
interface Target {
  route: string | null;
  /** Whether every rule about paths denies the path, or it is too long to be recorded as a whole. */
  isOdd: boolean;
}

/** The client that a request came from. */
interface Source {
  network: string | null;
  /** Whether a trusted proxy reported the client's address. */
  isReported: boolean;
}

/**
 * Creates the functions that read the route, network, agent and app of a verified request. They run on every verification, and
 * the same few texts describe most requests, so each distinct text is folded once.
 */
export function createReadUse(clientIp: Pick<ClientIp, 'resolve' | 'reported'>): ReadUse {
  const share = createSharedTexts();
  const targets = remember((text): Target => {
    const space = text.indexOf(' ');
    const [method, path] = [text.slice(0, space), text.slice(space + 1)];
    const known = { method: method === '-' ? null : normalizeMethod(method), path: normalizePath(path) };
    return { route: share(routeOf(known)), isOdd: path.length > limits.maxPathCharacters || isAmbiguousPath(path) };
  });
  const agents = remember((text) => share(agentOf(normalizeUserAgent(text))));
  const apps = remember(share);
  const sourceOf = (peer: string, forwardedFor: string | null): Source => ({
    network: share(networkOf(clientIp.resolve(peer, forwardedFor))),
    isReported: clientIp.reported(peer, forwardedFor) !== null,
  });
  const peers = remember((text) => sourceOf(text, null));
  const forwarded = remember((text) => {
    const space = text.indexOf(' ');
    return sourceOf(text.slice(0, space), text.slice(space + 1));
  });

  const sourceOfRequest = ({ peer, forwardedFor }: ObservedRequest): Source =>
    forwardedFor === null ? peers(peer ?? '') : forwarded(`${peer ?? ''} ${forwardedFor}`);
  const targetOfRequest = ({ method, target }: ObservedRequest): Target =>
    target === null ? noTarget : targets(`${method ?? '-'} ${rawPathOf(target)}`);

  return {
    describe(request, kind) {
      const { userAgent, appId, wouldDeny, isDisputed } = request;
      const source = sourceOfRequest(request);
      const target = targetOfRequest(request);
      kind.route = target.route;
      kind.network = source.network;
      kind.agent = userAgent === null ? null : agents(userAgent);
      kind.app = appId === null ? null : apps(appId);
      kind.wouldDeny = wouldDeny;
      kind.gaps =
        (target.isOdd || isDisputed ? gapBits.oddPathAt : 0) |
        (request.introspected ? gapsOfIntrospected(request, source) : gapsOfProxied(request, source));
    },
    sample: createNormalizeRequest(clientIp),
  };
}

const noTarget: Target = { route: null, isOdd: false };

/** Returns the inputs of rules that no trusted proxy sent. */
function gapsOfProxied({ appId, target, method }: ObservedRequest, { isReported }: Source): number {
  let gaps = 0;
  if (appId === null) gaps |= gapBits.noAppAt;
  if (target === null) gaps |= gapBits.noPathAt;
  if (method === null) gaps |= gapBits.noMethodAt;
  if (!isReported) gaps |= gapBits.noNetworkAt;
  return gaps;
}

/**
 * Returns the missing inputs of rules that introspection evaluates. It evaluates no rule whose input the API server left out, with one
 * exception: a server that sends the method must also send the path.
 */
function gapsOfIntrospected({ method, target, peer }: ObservedRequest, { network }: Source): number {
  let gaps = 0;
  if (method !== null && target === null) gaps |= gapBits.noPathAt;
  if (peer !== null && network === null) gaps |= gapBits.noNetworkAt;
  return gaps;
}

/** Returns a function that remembers the results of `compute` for short texts. Empties its memory when it is full. */
function remember<T>(compute: (text: string) => T): (text: string) => T {
  return memoize(compute, { maxEntries: maxRemembered, maxLength: maxRememberedLength });
}

/**
 * Returns a function that returns one string for all equal texts, because many paths fold to one route, and each token keeps its
 * strings.
 */
function createSharedTexts() {
  const distinct = new Map<string, string>();
  return (text: string | null): string | null => {
    if (text === null) return null;
    const known = distinct.get(text);
    if (known !== undefined) return known;
    const detached = detach(text);
    if (distinct.size >= maxShared) distinct.clear();
    distinct.set(detached, detached);
    return detached;
  };
}

/** Returns a copy that does not keep a longer text in memory, without characters that PostgreSQL does not store. */
function detach(text: string): string {
  return Buffer.from(text.replaceAll('\0', '\ufffd')).toString();
}
