"""How a Redis URL becomes a client, and how it sends many commands at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

CONNECT_SECONDS = 0.25
DEFAULT_PORT = 6379
SENTINEL_PORT = 26379


class RedisClient(Protocol):
    """One server, a master behind sentinels, or a cluster."""

    async def send(self, commands: Sequence[Sequence[Any]]) -> Sequence[Any]:
        """The answers in order; a command that the server refused answers with its error."""
        ...

    async def aclose(self) -> None: ...


def connect(url: str, seconds: float) -> RedisClient:
    """Make a client; nothing is connected yet.

    Forms: `redis://`, `rediss://` (TLS) and `unix://` as redis-py reads them;
    `redis-sentinel://[user:password@]host[:port],…/service[?db=0]`; `redis-cluster://[user:password@]host[:port],…`;
    the last two also as `rediss-…` for TLS. Raises ValueError.
    """
    scheme = url.partition("://")[0]
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),  # redis-py's own would wait for seconds; who retries decides it above
        "protocol": 2,
    }
    return _Piped(*_FORMS.get(scheme, _one_server)(url, options))


class _Piped:
    def __init__(self, client: Any, *others: Any) -> None:  # noqa: ANN401 -- Redis and RedisCluster share no type
        self._client, self._others = client, others

    async def send(self, commands: Sequence[Sequence[Any]]) -> Sequence[Any]:
        if len(commands) == 1:
            return [await self._client.execute_command(*commands[0])]
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        answers: Sequence[Any] = await pipeline.execute(raise_on_error=False)
        return answers

    async def aclose(self) -> None:
        for client in (self._client, *self._others):
            await client.aclose()


# Each form gives the client, and what has to be closed with it.


def _one_server(url: str, options: dict[str, Any]) -> tuple[Any, ...]:
    return (Redis.from_url(url, **options),)


def _sentinel(url: str, options: dict[str, Any]) -> tuple[Any, ...]:
    hosts, credentials, service, query = _parts(url, SENTINEL_PORT)
    if not service:
        raise ValueError("a sentinel URL names the service: redis-sentinel://host:26379/service")
    sentinel = Sentinel(hosts, sentinel_kwargs=options, **options)  # type: ignore[no-untyped-call]
    return sentinel.master_for(service, db=int(query.get("db", 0)), **credentials), *sentinel.sentinels


def _cluster(url: str, options: dict[str, Any]) -> tuple[Any, ...]:
    hosts, credentials, _, _ = _parts(url, DEFAULT_PORT)
    nodes = [ClusterNode(host, port) for host, port in hosts]
    return (RedisCluster(startup_nodes=nodes, **options, **credentials),)


def _parts(url: str, default_port: int) -> tuple[list[tuple[str, int]], dict[str, Any], str, dict[str, str]]:
    parts = urlsplit(url)
    login, _, places = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    credentials: dict[str, Any] = {"username": unquote(user) or None, "password": unquote(password) or None}
    if parts.scheme.startswith("rediss"):
        credentials["ssl"] = True
    hosts = []
    for place in places.split(","):
        host = urlsplit(f"//{place}")
        if not host.hostname:
            raise ValueError("a host is missing in REDIS_URL")
        hosts.append((host.hostname, host.port or default_port))
    return hosts, credentials, parts.path.strip("/"), dict(parse_qsl(parts.query))


_FORMS: dict[str, Callable[[str, dict[str, Any]], tuple[Any, ...]]] = {
    "redis-sentinel": _sentinel,
    "rediss-sentinel": _sentinel,
    "redis-cluster": _cluster,
    "rediss-cluster": _cluster,
}
