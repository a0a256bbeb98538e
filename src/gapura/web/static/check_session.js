// The frame by which a client notices that its person's sign-in has changed (OpenID Connect Session Management §3.2).
// It answers "client_id session_state" with "changed", "unchanged" or "error".

// SHA-256 (FIPS 180-4). Not crypto.subtle, which is missing wherever one of the frames above came by plain http.
const FIRST = [], EACH = [];
function fraction(root) { return (root - Math.floor(root)) * 4294967296 | 0; }
for (let n = 2; EACH.length < 64; n += 1) {
  let divisor = 2;
  while (n % divisor !== 0) divisor += 1;
  if (divisor === n) {
    if (FIRST.length < 8) FIRST.push(fraction(Math.sqrt(n)));
    EACH.push(fraction(Math.pow(n, 1 / 3)));
  }
}
function turned(word, by) { return word >>> by | word << 32 - by; }
function sha256(text) {
  const bytes = Array.from(text, function (one) { return one.charCodeAt(0); });
  const bits = bytes.length * 8;
  bytes.push(128);
  while (bytes.length % 64 !== 60) bytes.push(0);
  bytes.push(bits >>> 24 & 255, bits >>> 16 & 255, bits >>> 8 & 255, bits & 255);
  let hash = FIRST;
  for (let block = 0; block < bytes.length; block += 64) {
    const words = [];
    let a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];
    for (let i = 0; i < 64; i += 1) {
      if (i < 16) {
        const at = block + i * 4;
        words[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
      } else {
        const x = words[i - 15], y = words[i - 2];
        const small0 = turned(x, 7) ^ turned(x, 18) ^ x >>> 3, small1 = turned(y, 17) ^ turned(y, 19) ^ y >>> 10;
        words[i] = words[i - 16] + small0 + words[i - 7] + small1 | 0;
      }
      const big1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25), big0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
      const one = h + big1 + (e & f ^ ~e & g) + EACH[i] + words[i] | 0, two = big0 + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
    }
    const before = hash;
    hash = [a, b, c, d, e, f, g, h].map(function (word, i) { return word + before[i] | 0; });
  }
  return hash.map(function (word) { return ("0000000" + (word >>> 0).toString(16)).slice(-8); }).join("");
}

function browserState() {
  const start = document.documentElement.getAttribute("data-cookie") + "=";
  const mine = document.cookie.split("; ").filter(function (cookie) { return cookie.indexOf(start) === 0; });
  return mine.length === 1 ? mine[0].slice(start.length) : "";
}

window.addEventListener("message", function (event) {
  if (!event.source || event.origin === "null") return;
  function answer(result) { event.source.postMessage(result, event.origin); }
  const asked = typeof event.data === "string" ? /^([!-~]{1,256}) ([0-9a-f]{64})\.([!-~]{1,64})$/.exec(event.data) : null;
  if (!asked) return answer("error");
  const state = browserState();
  if (state && sha256([asked[1], event.origin, state, asked[3]].join(" ")) === asked[2]) return answer("unchanged");
  // A browser that keeps cookies from frames says nothing: "changed" would make the client ask again and again.
  if (state || !document.hasStorageAccess) return answer("changed");
  document.hasStorageAccess().then(function (seen) { answer(seen ? "changed" : "error"); });
}, false);
