"""What a client registers as its sector, held against the document that stands there (OpenID Connect Registration §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gapura.errors import GapuraError, OAuthError
from gapura.flow.client_keys import FetchesJson
from gapura.protocol.sector import check_sector


@dataclass(frozen=True, slots=True)
class Sectors:
    outbound: FetchesJson

    async def check(self, metadata: Mapping[str, Any]) -> None:
        """Raises OAuthError("invalid_client_metadata") where it can't be fetched, or names not all that it must."""
        uri = metadata.get("sector_identifier_uri")
        if uri is None:
            return
        try:
            document = await self.outbound.get_json(uri)
        except GapuraError as error:
            raise OAuthError(
                "invalid_client_metadata",
                detail=str(error),
                description="sector_identifier_uri could not be fetched",
            ) from None
        check_sector(metadata, document)
