import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;

import static java.nio.charset.StandardCharsets.UTF_8;

/** A relying party in Java, with the JDK's HTTP client and Nimbus: sign in, claims, refresh, sign out. See README.md. */
public final class Portal {
    private static final String ISSUER = System.getenv("GAPURA");
    private static final String CLIENT_ID = System.getenv("CLIENT_ID");
    private static final int PORT = Integer.parseInt(System.getenv().getOrDefault("PORT", "9000"));
    private static final String HERE = "http://localhost:" + PORT;
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final LinkedBlockingQueue<URI> VISITS = new LinkedBlockingQueue<>();

    public static void main(String[] arguments) throws Exception {
        var server = HttpServer.create(new InetSocketAddress("localhost", PORT), 0);
        server.createContext("/", exchange -> {
            var text = "You may close this window.\n".getBytes(UTF_8);
            exchange.sendResponseHeaders(200, text.length);
            exchange.getResponseBody().write(text);
            exchange.close();
            VISITS.add(exchange.getRequestURI());
        });
        server.start();
        try {
            signInAndOut(get(ISSUER + "/.well-known/openid-configuration", null));
        } finally {
            server.stop(0);
        }
    }

    private static void signInAndOut(Map<String, Object> about) throws Exception {
        // In a web app these three live in the browser's session, not in the process.
        String state = random(), nonce = random(), verifier = random();
        say("Sign in", about.get("authorization_endpoint") + "?" + form(fields(
            "client_id", CLIENT_ID, "response_type", "code", "redirect_uri", HERE + "/callback",
            "scope", "openid profile offline_access", "prompt", "consent", "state", state, "nonce", nonce,
            "code_challenge", challenge(verifier), "code_challenge_method", "S256")));
        var answer = query(visit("/callback"));
        if (!state.equals(answer.get("state")) || !ISSUER.equals(answer.get("iss"))) { // RFC 9207
            throw new IllegalStateException("the answer belongs to another request or issuer");
        }
        if (answer.containsKey("error")) {
            throw new IllegalStateException(answer.get("error") + ": " + answer.get("error_description"));
        }

        var tokens = token(about, fields("grant_type", "authorization_code", "code", answer.get("code"),
            "redirect_uri", HERE + "/callback", "code_verifier", verifier));
        var idToken = (String) tokens.get("id_token");
        var claims = checked(idToken, nonce, (String) about.get("jwks_uri"));
        say("ID token", claims.toString());
        say("Userinfo", userinfo(about, tokens, claims.getSubject()));

        var next = token(about, fields("grant_type", "refresh_token", "refresh_token", (String) tokens.get("refresh_token")));
        say("Refreshed", userinfo(about, next, claims.getSubject())); // next's refresh token replaces the old one

        say("Sign out", about.get("end_session_endpoint") + "?" + form(fields("id_token_hint", idToken,
            "post_logout_redirect_uri", HERE + "/signed-out", "state", state)));
        visit("/signed-out");
        say("Signed out", "good-bye");
    }

    /** OpenID Connect Core §3.1.3.7. */
    private static JWTClaimsSet checked(String idToken, String nonce, String jwksUri) throws Exception {
        var keys = JWKSourceBuilder.create(URI.create(jwksUri).toURL()).build();
        var processor = new DefaultJWTProcessor<SecurityContext>();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(JWSAlgorithm.ES256, keys));
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(CLIENT_ID,
            new JWTClaimsSet.Builder().issuer(ISSUER).claim("nonce", nonce).build(), Set.of("sub", "exp", "iat")));
        return processor.process(idToken, null);
    }

    /** Refuses what is about anybody else (OpenID Connect Core §5.3.2). */
    private static String userinfo(Map<String, Object> about, Map<String, Object> tokens, String sub) throws Exception {
        var claims = get((String) about.get("userinfo_endpoint"), (String) tokens.get("access_token"));
        if (!sub.equals(claims.get("sub"))) {
            throw new IllegalStateException("userinfo is about somebody else");
        }
        return JSONObjectUtils.toJSONString(claims);
    }

    private static Map<String, Object> token(Map<String, Object> about, Map<String, String> fields) throws Exception {
        // RFC 6749 §2.3.1: both are encoded as in a form first
        var secret = encoded(CLIENT_ID) + ":" + encoded(System.getenv("CLIENT_SECRET"));
        return sent(HttpRequest.newBuilder(URI.create((String) about.get("token_endpoint")))
            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(secret.getBytes(UTF_8)))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form(fields))).build());
    }

    private static Map<String, Object> get(String address, String accessToken) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(address));
        return sent(accessToken == null ? request.build() : request.header("Authorization", "Bearer " + accessToken).build());
    }

    private static Map<String, Object> sent(HttpRequest request) throws Exception {
        var response = HTTP.send(request, BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(request.uri().getPath() + " answers " + response.statusCode() + ": " + response.body());
        }
        return JSONObjectUtils.parse(response.body());
    }

    private static URI visit(String path) throws InterruptedException {
        URI came = VISITS.take();
        while (!came.getPath().equals(path)) {
            came = VISITS.take();
        }
        return came;
    }

    private static Map<String, String> query(URI address) {
        return Arrays.stream(address.getRawQuery().split("&")).map(field -> field.split("=", 2))
            .collect(Collectors.toMap(field -> field[0], field -> URLDecoder.decode(field[1], UTF_8)));
    }

    private static Map<String, String> fields(String... namesAndValues) {
        var fields = new LinkedHashMap<String, String>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream().map(field -> field.getKey() + "=" + encoded(field.getValue()))
            .collect(Collectors.joining("&"));
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, UTF_8);
    }

    private static String random() {
        var bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return base64url(bytes);
    }

    private static String challenge(String verifier) throws Exception {
        return base64url(MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(UTF_8)));
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static void say(String what, String value) {
        System.out.println(what + ": " + value);
    }
}
