"""`manage.py serve_metrics`: what Prometheus asks for, on a port of its own."""

import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from operations.measures import Measures


class Command(BaseCommand):
    help = "Serve metrics at METRICS_HOST:METRICS_PORT until ended. `up` runs it by itself."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.METRICS_PORT:
            raise CommandError("METRICS_PORT is not set.")
        registry = CollectorRegistry()
        registry.register(Measures())  # it counts verdicts, so it goes before what is counted
        MultiProcessCollector(registry, path=str(settings.METRICS_DIR))
        try:
            start_http_server(settings.METRICS_PORT, addr=settings.METRICS_HOST, registry=registry)
        except OSError as refusal:
            where = f"{settings.METRICS_HOST}:{settings.METRICS_PORT}"
            raise CommandError(f"Metrics cannot be served at {where}: {refusal}") from None
        threading.Event().wait()
