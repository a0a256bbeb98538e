// Makes a key, registers a FAPI 2.0 client with a sandbox, and prints what portal.mjs reads from the environment.
import { generateKeyPairSync, randomUUID } from "node:crypto";

const { GAPURA = "http://localhost:8000", PORT = "9000" } = process.env;
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "ES256" };
const { d, ...publicKey } = key;

const response = await fetch(`${GAPURA}/register`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({
    client_name: "Contoh FAPI",
    security_profile: "fapi2",
    redirect_uris: [`http://localhost:${PORT}/callback`],
    post_logout_redirect_uris: [`http://localhost:${PORT}/signed-out`],
    grant_types: ["authorization_code", "refresh_token"],
    scope: "openid profile offline_access",
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    id_token_signed_response_alg: "ES256",
    dpop_bound_access_tokens: true,
    jwks: { keys: [publicKey] },
  }),
});
const client = await response.json();
if (!response.ok) throw new Error(`${client.error}: ${client.error_description}`);
console.log(`export GAPURA=${GAPURA} PORT=${PORT} CLIENT_ID=${client.client_id}`);
console.log(`export CLIENT_KEY='${JSON.stringify(key)}'`);
