/**
 * The parts of undici that a request through a proxy needs. The build gives this module its own file. undici's index would also
 * load its `fetch`, caches and mocks, which takes three times as long.
 */
import connect from 'undici/lib/api/api-connect.js';
import request from 'undici/lib/api/api-request.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';

// The proxy agent calls `connect` as a method. undici's index adds it in the same way.
Object.assign(Dispatcher.prototype, { connect });

export { ProxyAgent, request };
