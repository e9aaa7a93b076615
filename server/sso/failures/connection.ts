import type { SsoProblem } from '../provider.ts';
import { misconfigured, unavailable } from './problems.ts';

/** Codes of a certificate whose issuer this machine does not know. */
const unknownIssuerCodes = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** Explains why `fetch` received no response. `proxyVariable` names the proxy that the request went through. */
export function diagnoseConnection(error: unknown, url: URL, proxyVariable: string | undefined): SsoProblem {
  const reason = rootOf(error);
  const code = codeOf(reason);
  const target = proxyVariable === undefined ? url.origin : `${url.origin} through ${proxyVariable}`;
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(reason.message)?.[1];
  if (proxyStatus !== undefined && proxyVariable !== undefined)
    return proxyRefused(url, proxyVariable, proxyStatus, error);
  if (isCertificateProblem(code)) return untrusted(code, reason, url, error);
  if (reason.name === 'TimeoutError') {
    return unavailable({ message: `The identity provider did not respond in time at ${target}.`, cause: error });
  }
  const setting = proxyVariable ?? 'TOKENSD_OIDC_ISSUER';
  const message = `The identity provider cannot be reached at ${target} (${code || reason.message}). If this lasts, check ${setting} and the network.`;
  return unavailable({ message, setting, cause: error });
}

function proxyRefused(url: URL, setting: string, status: string, cause: unknown): SsoProblem {
  const remedy =
    status === '407'
      ? `Put a valid user name and password into ${setting}`
      : `Allow ${url.host} at the proxy, or add it to NO_PROXY`;
  const message = `The proxy in ${setting} refused to connect to ${url.host} (HTTP ${status}). ${remedy}.`;
  return misconfigured('the proxy in front of the identity provider refuses the connection', {
    message,
    setting,
    cause,
  });
}

function isCertificateProblem(code: string): boolean {
  return unknownIssuerCodes.has(code) || /^(CERT_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|EPROTO)/.test(code);
}

function untrusted(code: string, reason: Error, url: URL, cause: unknown): SsoProblem {
  const what = 'the certificate of the identity provider is not accepted';
  if (unknownIssuerCodes.has(code)) {
    const message = `The certificate of ${url.host} comes from an authority that this server does not know (${code}). Set NODE_EXTRA_CA_CERTS to a file with the authority's certificate and restart tokensd.`;
    return misconfigured(what, { message, setting: 'NODE_EXTRA_CA_CERTS', cause });
  }
  const why = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? `it is for another host: ${reason.message}` : code;
  const message = `A secure connection to ${url.host} is not possible (${why}). Check TOKENSD_OIDC_ISSUER and the provider's certificate.`;
  return misconfigured(what, { message, setting: 'TOKENSD_OIDC_ISSUER', cause });
}

/** Returns the innermost cause. For several failed addresses of one host, this is the first failure. */
function rootOf(error: unknown): Error {
  let root = error;
  while (root instanceof Error) {
    const inner = root instanceof AggregateError ? root.errors[0] : root.cause;
    if (!(inner instanceof Error)) return root;
    root = inner;
  }
  return new Error(String(root));
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
