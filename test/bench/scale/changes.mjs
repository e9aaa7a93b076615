import { setTimeout as sleep } from 'node:timers/promises';
import { createTokens, revokeTokens, signIn } from '../changes.mjs';
import { median, slice } from '../load.mjs';
import { byName, forwardAuth } from '../targets.mjs';
import { atLeast, atMost } from './goals.mjs';
import { startReceivers } from './receivers.mjs';
import { engineNames } from './verification.mjs';

/** Verifications per second while tokens are created and revoked. */
const verificationsPerSecond = 2_000;

/**
 * Measures creations and revocations on both engines. Each sends a mail over SMTP, and an event to two of three webhooks. Meanwhile, other clients verify tokens, whose
 * uses are counted. Then measures how long the daemon takes to start.
 */
export async function measureScaleChanges({ databases, tokens, changeSeconds, starts }) {
  const goals = [];
  const changes = [];
  for (const kind of ['sqlite', 'postgres']) {
    const database = await databases.prepare(kind, tokens);
    const receivers = await startReceivers();
    const target = await forwardAuth(database, receivers.settings);
    const session = await signIn(target.url);
    await replaceWebhooks(target.url, session, receivers.url);
    const load = { port: target.port, requests: byName(database.values) };
    const created = await measureBeside(load, () => createTokens(target, session, changeSeconds));
    const revoked = await measureBeside(load, () => revokeTokens(target, session, changeSeconds));
    const sent = { ...receivers.counts };
    const changed = created.responses + revoked.responses;
    const drainedAfter = await drained(receivers.counts, changed);
    await target.stop();
    await receivers.close();
    const startsMs = await startTimes(database, starts);
    const size = `${tokens.toLocaleString('en')} tokens, ${engineNames[kind]}`;
    goals.push(
      atLeast(150)(`${size}, creations with mail, webhooks and verifications`, created.perSecond, '/s'),
      atLeast(150)(`${size}, revocations with mail, webhooks and verifications`, revoked.perSecond, '/s'),
      atMost(2)(`${size}, start of the daemon`, median(startsMs) / 1000, 's'),
    );
    changes.push({ kind, changed, ...sent, drainedAfter, p99: Math.max(created.besideP99, revoked.besideP99) });
  }
  return { goals, changes };
}

/** Replaces all webhooks: two get the events of tokens, and one gets others. */
async function replaceWebhooks(url, session, receiver) {
  const api = async (method, path, body) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${session}` };
    const response = await fetch(`${url}/api/v1/webhooks${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.status === 204 ? null : response.json();
  };
  for (const { id } of (await api('GET', '')).items) await api('DELETE', `/${id}`);
  for (const [i, event] of ['token.*', 'token.*', 'client.*'].entries()) {
    await api('POST', '', { url: `${receiver}/${i}`, events: [event] });
  }
}

/** Measures changes while other clients verify tokens. Adds the 99th percentile of the verifications, in microseconds. */
async function measureBeside(load, change) {
  const changing = change();
  const beside = slice({ ...load, connections: 16, perSecond: verificationsPerSecond, until: changing });
  const measured = await changing;
  return { ...measured, besideP99: (await beside).p99 };
}

/** Waits until a mail and two events have arrived for each change, a minute at most. Returns the seconds, or null if some did not arrive. */
async function drained(counts, changed) {
  const startedAt = performance.now();
  while (counts.mails < changed || counts.events < 2 * changed) {
    if (performance.now() - startedAt > 60_000) return null;
    await sleep(100);
  }
  return (performance.now() - startedAt) / 1000;
}

async function startTimes(database, count) {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const target = await forwardAuth(database);
    times.push(target.startedAfterMs);
    await target.stop();
  }
  return times;
}
