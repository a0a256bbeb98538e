"""What leaves, to whom and why: attributes, scopes, purposes, consent. Pure."""
