import type { Auth } from '../config/auth/auth-schema.ts';
import type { AccessRequest } from './access-request.ts';
import { type Basic, openBasic } from './basic/basic.ts';
import { type CertificateOf, createCertificateCheck } from './certificate.ts';
import { unknownName } from './claimed-name.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import type { Identified, Wrong } from './identity.ts';
import { openJwt } from './jwt.ts';
import { createLinkCheck, type FindLink } from './links/links.ts';
import { proxyUser } from './proxy-user.ts';
import { createTokens } from './tokens.ts';

export interface WayOptions {
  readonly findLink: FindLink;
  readonly certificateOf: CertificateOf;
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

/** The configured ways to log in. */
export interface Ways {
  /** Why a request does not come in, whatever else it brings. Throws UNAVAILABLE. */
  barred(request: AccessRequest): Wrong | undefined;
  /**
   * Who a client has shown to be; undefined for one without credentials. `wait` above 0: the client
   * has guessed wrong too often, and no password of it is checked for so many seconds.
   */
  identify(
    request: AccessRequest,
    wait: number,
  ): Identified | undefined | Promise<Identified | undefined>;
  stop(): void;
}

/** header.payload.signature, each in base64url; the signature of an unsigned token is empty. */
const JWS = /^[\w-]+\.[\w-]*\.[\w-]*$/;

/** Loads what the configured ways need. Throws CONFIG when a file cannot be used. */
export async function openWays(auth: Auth, options: WayOptions): Promise<Ways> {
  const tokenOwner = createTokens(auth.tokens);
  const basic: Basic | null = auth.basic && (await openBasic({ ...auth.basic, ...options }));
  const verifyJwt = auth.jwt && (await openJwt({ settings: auth.jwt, ...options }));
  const { certificateOf, now } = options;
  const certificate =
    auth.certificate && createCertificateCheck({ settings: auth.certificate, certificateOf, now });
  const checkLink = createLinkCheck(options.findLink, options.now);
  const bearer = (token: string, method: string): Identified | Promise<Identified> => {
    const name = tokenOwner(token);
    return name === undefined ? otherBearer(token, method) : { name, ambient: false };
  };
  const otherBearer = async (token: string, method: string): Promise<Identified> => {
    const link = await checkLink(token, null, { method, wait: 0 });
    if (link) return link;
    if (verifyJwt && JWS.test(token)) return verifyJwt(token);
    return { wrong: 'the token is not valid' };
  };
  const password = async (
    { user, password: given }: Extract<Credentials, { kind: 'basic' }>,
    { method, client }: AccessRequest,
    wait: number,
  ): Promise<Identified> => {
    // A link with a password: its token is the user name.
    const link = await checkLink(user, given, { method, wait });
    if (link) return link;
    if (!basic) return { wrong: 'there are no passwords here', claimed: unknownName(user) };
    return basic.identify(user, given, { address: client.address, retryAfter: wait });
  };
  return {
    barred: (request) => certificate?.barred(request),
    identify(request, wait) {
      const named = auth.proxy && proxyUser(request, auth.proxy.header);
      if (named) return named;
      const credentials = credentialsOf(request.request);
      switch (credentials.kind) {
        case 'none':
          return certificate?.identify(request);
        case 'bearer':
          return bearer(credentials.token, request.method);
        case 'basic':
          return password(credentials, request, wait);
        case 'other':
          return { wrong: 'the Authorization header is not understood' };
      }
    },
    stop: () => basic?.stop(),
  };
}
