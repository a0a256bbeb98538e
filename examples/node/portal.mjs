// A relying party in Node, with openid-client: sign in, claims, refresh, sign out. See README.md.
import { createServer } from "node:http";
import * as client from "openid-client";

const { GAPURA, CLIENT_ID, CLIENT_SECRET, PORT = "9000" } = process.env;
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

const config = await client.discovery(
  new URL(GAPURA),
  CLIENT_ID,
  { client_secret: CLIENT_SECRET, id_token_signed_response_alg: "ES256" },
  client.ClientSecretBasic(CLIENT_SECRET),
  // http is for a sandbox on your own machine
  { execute: GAPURA.startsWith("http://localhost:") ? [client.allowInsecureRequests] : [] },
);

// In a web app these three live in the browser's session, not in the process.
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const came = visit("/callback");
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: `${here}/callback`,
  scope: "openid profile offline_access",
  prompt: "consent",
  state,
  nonce,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
say("Sign in", address.href);

// Checks state, iss, the ID token's signature and claims.
const tokens = await client.authorizationCodeGrant(config, await came, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
});
const { sub } = tokens.claims();
say("ID token", tokens.claims());
say("Userinfo", await client.fetchUserInfo(config, tokens.access_token, sub));

const next = await client.refreshTokenGrant(config, tokens.refresh_token); // next.refresh_token replaces the old one
say("Refreshed", await client.fetchUserInfo(config, next.access_token, sub));

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
