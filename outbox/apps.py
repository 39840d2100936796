from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutboxConfig(AppConfig):
    name = "outbox"
    label = "outbox"

    def ready(self) -> None:
        """Let every app say what it does when something happened."""
        autodiscover_modules("consumers")
