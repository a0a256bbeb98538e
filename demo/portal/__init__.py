"""A small agency portal that signs citizens in through Gapura, with Authlib's Starlette client, as any agency's app would.

It knows nothing of Gapura but its issuer: all else comes from discovery and from registering itself.
"""

from demo.portal.app import create_portal
from demo.portal.config import Portal, load_portal, portal_names

__all__ = ["Portal", "create_portal", "load_portal", "portal_names"]
