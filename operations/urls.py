"""What watches over processes asks here."""

from django.urls import path

from operations import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
