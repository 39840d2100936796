"""Running Colloquy: supervision, health, embedded servers, commands that know every app."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Knows every app; nobody knows it."""

    name = "operations"

    def ready(self) -> None:
        from operations import deployment  # which reads settings

        deployment.register()
