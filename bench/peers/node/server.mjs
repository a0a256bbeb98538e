// oidc-provider doing the benchmark's work: VALKEY_SOCKET names the store, one line of JSON says where it listens.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';
import { Adapter, connect } from './adapter.mjs';

const API = 'urn:bench:api';
const CALLBACK = 'https://rp.example/callback';
const HOUR = 3600;
const SECRET = 'b'.repeat(43);
const CLIENTS = ['bench', 'replay'];
const STRONG = 'strong';
const SCOPE = 'openid profile offline_access';
const PERSON = { name: 'BUDI SANTOSO', birthdate: '1990-05-17', gender: 'male' };

connect(process.env.VALKEY_SOCKET, 1);

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const port = Number(process.env.PORT);
const issuer = `http://localhost:${port}`;

const provider = new Provider(issuer, {
  adapter: Adapter,
  jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'bench' }] },
  clients: [...CLIENTS.map((client_id) => ({
    client_id,
    client_secret: SECRET,
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    id_token_signed_response_alg: 'ES256',
    token_endpoint_auth_method: 'client_secret_basic',
    scope: `${SCOPE} read`,
  })), {
    client_id: STRONG,
    jwks: { keys: [JSON.parse(process.env.STRONG_KEY)] },
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: 'ES256',
    request_object_signing_alg: 'ES256',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    require_pushed_authorization_requests: true,
    require_signed_request_object: true,
    dpop_bound_access_tokens: true,
    scope: SCOPE,
  }],
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...PERSON }) }),
  claims: { profile: ['name', 'birthdate', 'gender'] },
  scopes: ['openid', 'profile', 'offline_access', 'read'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  enabledJWA: {
    idTokenSigningAlgValues: ['ES256'], clientAuthSigningAlgValues: ['ES256'], dPoPSigningAlgValues: ['ES256'],
    requestObjectSigningAlgValues: ['ES256'],
  },
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    requestObjects: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32) },
    fapi: { enabled: true, profile: (ctx, client) => (client?.clientId === STRONG ? '2.0' : undefined) },
    resourceIndicators: {
      enabled: true,
      // Client credentials get a JWT for an API; with a code the token is opaque, since userinfo takes no other.
      defaultResource: (ctx) => (ctx.oidc.params.grant_type === 'client_credentials' ? API : undefined),
      getResourceServerInfo: () => ({
        scope: 'read',
        audience: API,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: {
    AccessToken: HOUR, AuthorizationCode: 60, ClientCredentials: HOUR, Grant: HOUR, IdToken: HOUR,
    Interaction: HOUR, RefreshToken: 14 * 24 * HOUR, Session: HOUR,
  },
});

const session = new provider.Session({});
session.loginAccount({ accountId: 'budi', amr: ['pwd'] });
for (const clientId of [...CLIENTS, STRONG]) {
  const grant = new provider.Grant({ accountId: 'budi', clientId });
  grant.addOIDCScope(SCOPE);
  session.ensureClientContainer(clientId);
  session.grantIdFor(clientId, await grant.save(HOUR));
}
await session.save(HOUR);

provider.listen(port, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({
    url: issuer,
    clients: CLIENTS.map((id) => ({ id, secret: SECRET })),
    cookie: `_session=${session.id}`,
    redirect_uri: CALLBACK,
    paths: {
      discovery: '/.well-known/openid-configuration', jwks: '/jwks', authorize: '/auth', token: '/token',
      userinfo: '/me', introspect: '/token/introspection', push: '/request',
    },
  })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
