#!/bin/sh
# Registers a client with a sandbox and prints what the examples read from the environment: eval "$(examples/register.sh)"
set -eu
GAPURA=${GAPURA:-http://localhost:8000} PORT=${PORT:-9000}
curl -sf "$GAPURA/register" -H 'Content-Type: application/json' -d "{
  \"client_name\": \"Contoh\",
  \"redirect_uris\": [\"http://localhost:$PORT/callback\"],
  \"post_logout_redirect_uris\": [\"http://localhost:$PORT/signed-out\"],
  \"grant_types\": [\"authorization_code\", \"refresh_token\"],
  \"scope\": \"openid profile offline_access\",
  \"id_token_signed_response_alg\": \"ES256\"
}" | python3 -c '
import json, shlex, sys
client = json.load(sys.stdin)
print("export GAPURA=" + shlex.quote(sys.argv[1]), "PORT=" + shlex.quote(sys.argv[2]))
print("export CLIENT_ID=" + shlex.quote(client["client_id"]), "CLIENT_SECRET=" + shlex.quote(client["client_secret"]))
' "$GAPURA" "$PORT"
