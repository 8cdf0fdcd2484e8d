import * as z from 'zod';
import { principalNameProblem } from '../../text/principal-name.ts';
import { readHeaderName } from '../hooks/hook-headers.ts';
import { type Reading, via } from '../values/reading.ts';
import { readHookUrl } from '../values/url.ts';
import { duration, readPath, text } from '../values/value-schemas.ts';
import { certificate } from './certificate-schema.ts';
import { readPrincipalName } from './principal-name.ts';
import { anonymousRules, principalRules, type Rules } from './rules-schema.ts';

const HASH = /^sha256:[0-9a-f]{64}$/;

const SECRET =
  'it must be "sha256:" and the hash of the token in hex, or the place where the token or its hash is kept: {"file": path} or {"env": name}';

const secret = z
  .union(
    [
      // The same sentence here: of a union only the alternative that came closest speaks.
      z.string().regex(HASH, SECRET),
      z.strictObject({ file: text('a path', readPath).meta({ minLength: 1 }) }),
      z.strictObject({
        env: z
          .string('it must be the name of a variable of the environment')
          .regex(
            /^[A-Za-z_][A-Za-z0-9_]*$/,
            'it must be the name of a variable of the environment',
          ),
      }),
    ],
    SECRET,
  )
  .meta({ description: 'The token, or its SHA-256: `printf %s "$TOKEN" | sha256sum`.' });

const OBJECT = 'it must be an object';

const token = z.strictObject(
  {
    name: text('the name of a principal', readPrincipalName).meta({
      description: 'The principal; several tokens may name the same one.',
    }),
    secret,
  },
  OBJECT,
);

const basic = z.strictObject(
  {
    file: text('a path', readPath).meta({
      description: 'An htpasswd file (bcrypt or argon2); read again when it changes.',
      minLength: 1,
    }),
  },
  OBJECT,
);

const claim = (name: string) =>
  text('the name of a claim', (input) =>
    input === '' ? { problem: 'it must be the name of a claim' } : { value: input },
  ).meta({ description: `The claim that ${name}.` });

function readKeySetUrl(input: string): Reading<string> {
  const reading = readHookUrl(input);
  if ('problem' in reading || !/\/\/[^/]*@/.test(reading.value)) return reading;
  return { problem: 'it must not hold a user name or a password: a key set is public' };
}

const filled = z.string('it must be a text in quotes').min(1, 'it must not be empty');

const jwt = z
  .strictObject(
    {
      jwksUrl: text('an http or https URL in quotes', readKeySetUrl)
        .meta({ description: 'The key set of the issuer.', format: 'uri' })
        .optional(),
      keyFile: text('a path', readPath)
        .meta({ description: 'A public key (PEM) or a key set (JSON) instead.', minLength: 1 })
        .optional(),
      issuer: filled.meta({ description: 'What `iss` must be.' }),
      audience: filled.meta({ description: 'What `aud` must have.' }),
      clockSkew: duration(0).prefault('30s').meta({
        description: 'How far the clocks of the issuer and of this machine may differ.',
      }),
      principalClaim: claim('names the principal').prefault('sub'),
      grantsClaim: claim('lists the only grants that count of those the principal has').optional(),
      maxSizeClaim: claim('lowers the largest upload (bytes)').optional(),
    },
    OBJECT,
  )
  .transform(
    via((value) =>
      (value.jwksUrl === undefined) === (value.keyFile === undefined)
        ? { problem: 'it needs either a "jwksUrl" or a "keyFile"' }
        : { value },
    ),
  );

const proxy = z.strictObject(
  {
    header: text('the name of a header', readHeaderName).meta({
      description: 'The header in which a proxy of `trustedProxies` names the user.',
    }),
  },
  OBJECT,
);

const hook = z.strictObject(
  {
    cache: duration(0).prefault('5s').meta({
      description: 'How long the answer of `pre-access` hooks holds for a request like it.',
    }),
  },
  OBJECT,
);

/** Configured access; null while everything is open. */
export const authObject = z
  .strictObject(
    {
      tokens: z.array(token, 'it must be a list of tokens').prefault([]),
      basic: basic.optional(),
      jwt: jwt.optional(),
      certificate: certificate.optional(),
      proxy: proxy.optional(),
      hook: hook.prefault({}),
      everyone: principalRules
        .prefault({})
        .meta({ description: 'The rules of principals without an entry in `principals`.' }),
      principals: z
        .record(z.string(), principalRules, 'it must be an object of names and rules')
        .transform(via(readPrincipals))
        .prefault({}),
      anonymous: anonymousRules
        .prefault({})
        .meta({ description: 'The rules of clients without credentials.' }),
    },
    'it must be an object, or null',
  )
  .nullable();

function readPrincipals(input: Record<string, Rules>): Reading<ReadonlyMap<string, Rules>> {
  for (const name of Object.keys(input)) {
    const problem = principalNameProblem(name);
    if (problem !== null) return { problem: `${JSON.stringify(name.slice(0, 80))}: ${problem}` };
  }
  return { value: new Map(Object.entries(input)) };
}

export type ParsedAuth = NonNullable<z.output<typeof authObject>>;

/** A token as the program knows it. */
export interface TokenSetting {
  readonly name: string;
  /** The SHA-256 of the token, in hex. */
  readonly hash: string;
}

export type JwtSettings = Readonly<z.output<typeof jwt>>;

export type CertificateSettings = Readonly<z.output<typeof certificate>>;

/** Access as the program uses it: paths are absolute, tokens are hashes, time spans milliseconds. */
export interface Auth {
  readonly tokens: readonly TokenSetting[];
  readonly basic: { readonly file: string } | null;
  readonly jwt: JwtSettings | null;
  readonly certificate: CertificateSettings | null;
  readonly proxy: { readonly header: string } | null;
  readonly hookCacheMs: number;
  readonly everyone: Rules;
  readonly principals: ReadonlyMap<string, Rules>;
  readonly anonymous: Rules;
}

/** The keys that an object of `auth` may have, for suggestions. */
export const AUTH_KEYS: readonly string[] = [
  ...Object.keys(authObject.unwrap().shape),
  ...Object.keys(token.shape),
  ...Object.keys(jwt.in.shape),
  ...Object.keys(certificate.in.shape),
  ...Object.keys(principalRules.shape),
  'file',
  'header',
  'cache',
];
