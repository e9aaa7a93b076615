/**
 * The parts of undici that a request needs. A file of its own, so that the build makes it one: its index would load its
 * `fetch`, caches and mocks as well, and take three times as long.
 */
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';

export { Agent, request };

/** Rarely needed, so loaded when it is. */
export async function loadProxyAgent() {
  const [{ default: ProxyAgent }, { default: Dispatcher }, { default: connect }] = await Promise.all([
    import('undici/lib/dispatcher/env-http-proxy-agent.js'),
    import('undici/lib/dispatcher/dispatcher.js'),
    import('undici/lib/api/api-connect.js'),
  ]);
  // As undici's index does: a proxy is asked to connect.
  Object.assign(Dispatcher.prototype, { connect });
  return ProxyAgent;
}
