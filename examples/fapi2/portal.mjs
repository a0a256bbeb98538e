// A FAPI 2.0 relying party in Node, with openid-client: private_key_jwt, PAR and DPoP. See README.md.
import { createServer } from "node:http";
import * as client from "openid-client";

const { GAPURA, CLIENT_ID, CLIENT_KEY, PORT = "9000" } = process.env;
const here = `http://localhost:${PORT}`;
const say = (what, value) =>
  console.log(`${what}: ${typeof value === "string" ? value : JSON.stringify(value)}`);

let arrived = () => {};
const server = createServer((request, response) => {
  response.end("You may close this window.\n");
  arrived(new URL(request.url, here));
});
server.listen(Number(PORT), "localhost");

/** The whole address by which the browser comes to `path`. */
const visit = (path) =>
  new Promise((done) => {
    arrived = (url) => url.pathname === path && done(url);
  });

// The key of the client proves who asks; its public half was registered.
const jwk = JSON.parse(CLIENT_KEY);
const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const config = await client.discovery(
  new URL(GAPURA),
  CLIENT_ID,
  { id_token_signed_response_alg: "ES256" },
  client.PrivateKeyJwt({ key, kid: jwk.kid }),
  // http is for a sandbox on your own machine
  { execute: GAPURA.startsWith("http://localhost:") ? [client.allowInsecureRequests] : [] },
);

// The tokens of this run are bound to a key of their own. Whoever keeps a refresh token keeps this key with it.
// The handle makes a proof for each request and again with the nonce that Gapura asks for.
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));

// In a web app these three live in the browser's session, not in the process.
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const came = visit("/callback");
const address = await client.buildAuthorizationUrlWithPAR(
  config,
  {
    redirect_uri: `${here}/callback`,
    scope: "openid profile offline_access",
    prompt: "consent",
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  },
  { DPoP },
);
say("Sign in", address.href); // nothing but client_id and request_uri, which is good for 60 s

// Checks state, iss, the ID token's signature and claims.
const tokens = await client.authorizationCodeGrant(
  config,
  await came,
  { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
  undefined,
  { DPoP },
);
const { sub } = tokens.claims();
say("Token type", tokens.token_type);
say("ID token", tokens.claims());
say("Userinfo", await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP }));

// The refresh token stays: it is good for nobody without the client's key.
const next = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
say("Refreshed", await client.fetchUserInfo(config, next.access_token, sub, { DPoP }));

const left = visit("/signed-out");
const leave = client.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: `${here}/signed-out`,
  state,
});
say("Sign out", leave.href);
await left;
say("Signed out", "good-bye");
server.close();
server.closeAllConnections();
