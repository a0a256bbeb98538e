"""A whole Gapura for tests: real stores, real worker processes, and a client that knows nothing of its insides."""

from tests.site.browser import Browser
from tests.site.certificates import Identity, trusting
from tests.site.deployment import Site, run_site
from tests.site.relying_party import RelyingParty

__all__ = ["Browser", "Identity", "RelyingParty", "Site", "run_site", "trusting"]
