/**
 * The parts of undici that a request needs. The build gives this module its own file. undici's index would also load its
 * `fetch`, caches and mocks, which takes three times as long.
 */
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';

export { Agent, request };

/** Loads the class of the agent for a proxy, which few people need. */
export async function loadProxyAgent() {
  const [{ default: ProxyAgent }, { default: Dispatcher }, { default: connect }] = await Promise.all([
    import('undici/lib/dispatcher/proxy-agent.js'),
    import('undici/lib/dispatcher/dispatcher.js'),
    import('undici/lib/api/api-connect.js'),
  ]);
  // The proxy agent calls `connect` as a method. undici's index adds it in the same way.
  Object.assign(Dispatcher.prototype, { connect });
  return ProxyAgent;
}
