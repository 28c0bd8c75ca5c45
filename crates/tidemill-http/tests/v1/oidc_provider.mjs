/**
 * A real OpenID provider (npm oidc-provider) on loopback for tests. Everybody is who their `login_hint` says, else `ada`; what is
 * claimed of them is read from a file at each sign-in. Usage: node oidc_provider.mjs MODULES CLAIMS.json REDIRECT_URI
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [modules, claims, redirect] = process.argv.slice(2);
const { Provider } = await import(join(modules, 'oidc-provider', 'lib', 'index.js'));

const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  clients: [
    { client_id: 'tidemill', client_secret: 'the secret of tidemill', redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'] },
    { client_id: 'public', token_endpoint_auth_method: 'none', redirect_uris: [redirect], grant_types: ['authorization_code'], response_types: ['code'] },
  ],
  jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'k1' }] },
  cookies: { keys: ['a key of a test'] },
  pkce: { required: () => true },
  conformIdTokenClaims: false,
  scopes: ['openid', 'profile', 'email', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...JSON.parse(readFileSync(claims, 'utf8'))[id] }) }),
  loadExistingGrant: async (ctx) => {
    const { Grant } = provider;
    const grant = new Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email groups');
    await grant.save();
    return grant;
  },
});

const callback = provider.callback();
server.on('request', async (req, res) => {
  if (!req.url.startsWith('/interaction/')) return callback(req, res);
  try {
    const { params } = await provider.interactionDetails(req, res);
    if (params.login_hint === 'nobody') return await provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'nobody is nobody' });
    return await provider.interactionFinished(req, res, { login: { accountId: params.login_hint ?? 'ada' } });
  } catch (error) {
    res.writeHead(500).end(String(error));
  }
});
console.log(`issuer ${issuer}`);
