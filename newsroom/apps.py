"""The demo news site: a publisher as Colloquy meets one. Leave it out and nothing else changes."""

from django.apps import AppConfig


class NewsroomConfig(AppConfig):
    name = "newsroom"
    verbose_name = "Demo newsroom"
