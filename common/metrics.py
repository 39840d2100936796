"""What this process counts, in files that `manage.py serve_metrics` adds up for Prometheus.

docs/operations.md says what each means. Labels come from small fixed sets, never from what
somebody sent, and name no person. Where `METRICS_PORT` is unset counting stays in memory and
nobody asks for it.
"""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "colloquy_request_duration_seconds",
    "From a request's arrival behind the edge to its answer.",
    ["route", "method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
PUBLIC_READS = Counter(
    "colloquy_public_reads_total",
    "Public reads by what was answered: all of it (whole), or that nothing changed (unchanged).",
    ["answer"],
)
EDGE = Counter(
    "colloquy_edge_answers_total",
    "Public reads by who answered: memory (kept), or Django, or after a look at it (rendered).",
    ["answer"],
)
TOKENS = Counter(
    "colloquy_token_lookups_total",
    "Tokens that a process may remember: found in its memory, or asked of the database.",
    ["answer"],
)
OUTBOUND = Counter(
    "colloquy_outbound_calls_total",
    "Calls of other people's servers: answered, failed, or spared while their breaker is open.",
    ["outcome"],
)
CDN_KEYS = Counter(
    "colloquy_cdn_keys_total",
    "Keys that a CDN was to forget: purged, or lapsed since it could not be told in time.",
    ["outcome"],
)
LIVE_STREAMS = Gauge(
    "colloquy_live_streams",
    "Live streams that are open.",
    multiprocess_mode="livesum",
)
LIVE_REQUESTS = Counter(
    "colloquy_live_requests_total",
    "Live streams asked for: opened, refused, or dropped later since their reader was too slow.",
    ["outcome"],
)
LIVE_EVENTS = Counter(
    "colloquy_live_events_total",
    "Events sent to live streams, each counted for each stream.",
    ["event"],
)
LIVE_HEARD = Gauge(
    "colloquy_live_heard_timestamp_seconds",
    "When a live process was last seen to hear changes.",
    multiprocess_mode="max",
)
