"""A context for every template, and for each face that a page can show."""

from __future__ import annotations

from tests.pages.account_samples import ACCOUNT_PAGES
from tests.pages.admin_samples import ADMIN
from tests.pages.interaction_samples import INTERACTION
from tests.pages.sample import Sample

SAMPLES: tuple[Sample, ...] = (*INTERACTION, *ACCOUNT_PAGES, *ADMIN)
