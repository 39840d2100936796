from django.apps import AppConfig


class PublishersConfig(AppConfig):
    name = "publishers"
    label = "publishers"

    def ready(self) -> None:
        from publishers import schema  # noqa: F401  (registering is what importing does)
