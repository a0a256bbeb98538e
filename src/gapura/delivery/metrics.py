"""What an operator watches of the worker."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

DELIVERED = Counter("gapura_deliveries_total", "Messages delivered", ["kind"])
RETRIED = Counter("gapura_delivery_retries_total", "Tries that failed and will be made again", ["kind"])
DEAD = Counter("gapura_deliveries_dead_total", "Messages given up: somebody must look", ["kind"])
DELIVERY_SECONDS = Histogram(
    "gapura_delivery_seconds",
    "From the change to the delivery",
    ["kind"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600, 3600, 86400),
)
WAITING = Gauge("gapura_outbox_waiting", "Messages that wait")
WAITING_SECONDS = Gauge("gapura_outbox_waiting_seconds", "How long the oldest waiting message has waited")
CHAIN_LAG = Gauge("gapura_chain_lag_seconds", "Age of the oldest row when it was chained last", ["table"])
CHAIN_WAITING = Gauge(
    "gapura_chain_waiting_seconds", "How long the oldest unchained row has waited", ["table"]
)
CHAIN_SEQ = Gauge("gapura_chain_seq", "Number of the newest chained row", ["table"])
JOB_FAILURES = Counter("gapura_job_failures_total", "Turns of a periodic job that failed", ["job"])
JOB_SECONDS = Histogram("gapura_job_seconds", "How long a turn of a periodic job took", ["job"])
