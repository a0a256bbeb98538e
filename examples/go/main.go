// A relying party in Go, with go-oidc and x/oauth2: sign in, claims, refresh, sign out. See README.md.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	log.SetFlags(0)
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	port := os.Getenv("PORT")
	if port == "" {
		port = "9000"
	}
	here := "http://localhost:" + port
	visits := listen("localhost:" + port)

	issuer := os.Getenv("GAPURA")
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return err
	}
	var more struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return err
	}
	config := oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  here + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess},
	}

	// In a web app these three live in the browser's session, not in the process.
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	say("Sign in", config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("prompt", "consent")))
	answer := visit(visits, "/callback").Query()
	if answer.Get("state") != state || answer.Get("iss") != issuer { // RFC 9207
		return fmt.Errorf("the answer belongs to another request or issuer")
	}
	if failed := answer.Get("error"); failed != "" {
		return fmt.Errorf("%s: %s", failed, answer.Get("error_description"))
	}

	tokens, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return err
	}
	text, _ := tokens.Extra("id_token").(string)
	check := oidc.Config{ClientID: config.ClientID, SupportedSigningAlgs: []string{oidc.ES256}}
	idToken, err := provider.Verifier(&check).Verify(ctx, text)
	if err != nil {
		return err
	}
	if idToken.Nonce != nonce {
		return fmt.Errorf("the ID token is for another request")
	}
	if err := sayClaims("ID token", idToken); err != nil {
		return err
	}
	if err := sayUserinfo(ctx, "Userinfo", provider, oauth2.StaticTokenSource(tokens), idToken.Subject); err != nil {
		return err
	}

	// A source of nothing but a refresh token renews at once; keep the new refresh token in place of the old one.
	renewed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: tokens.RefreshToken}).Token()
	if err != nil {
		return err
	}
	if err := sayUserinfo(ctx, "Refreshed", provider, oauth2.StaticTokenSource(renewed), idToken.Subject); err != nil {
		return err
	}

	leave := url.Values{"id_token_hint": {text}, "post_logout_redirect_uri": {here + "/signed-out"}, "state": {state}}
	say("Sign out", more.EndSession+"?"+leave.Encode())
	visit(visits, "/signed-out")
	say("Signed out", "good-bye")
	return nil
}

// listen hands on the addresses by which the browser comes back.
func listen(address string) <-chan *url.URL {
	visits := make(chan *url.URL)
	go func() {
		log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "You may close this window.")
			visits <- r.URL
		})))
	}()
	return visits
}

func visit(visits <-chan *url.URL, path string) *url.URL {
	for came := range visits {
		if came.Path == path {
			return came
		}
	}
	return nil
}

type claimant interface{ Claims(v any) error }

func sayClaims(what string, from claimant) error {
	var claims json.RawMessage
	if err := from.Claims(&claims); err != nil {
		return err
	}
	say(what, string(claims))
	return nil
}

// sayUserinfo refuses what is about anybody else (OpenID Connect Core §5.3.2).
func sayUserinfo(ctx context.Context, what string, provider *oidc.Provider, source oauth2.TokenSource, sub string) error {
	info, err := provider.UserInfo(ctx, source)
	if err != nil {
		return err
	}
	if info.Subject != sub {
		return fmt.Errorf("userinfo is about somebody else")
	}
	return sayClaims(what, info)
}

func say(what, value string) { fmt.Printf("%s: %s\n", what, value) }
