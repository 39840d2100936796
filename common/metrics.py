"""What this process counts, in files that `manage.py serve_metrics` adds up for Prometheus.

docs/operations.md says what each means. Labels come from small fixed sets, never from what
somebody sent, and name no person. Where `METRICS_PORT` is unset counting stays in memory and
nobody asks for it.
"""

from prometheus_client import Counter, Histogram

REQUESTS = Histogram(
    "colloquy_request_duration_seconds",
    "From a request's arrival at Django to its answer.",
    ["route", "method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
PUBLIC_READS = Counter(
    "colloquy_public_reads_total",
    "Public reads by what was answered: all of it (whole), or that nothing changed (unchanged).",
    ["answer"],
)
