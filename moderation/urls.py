"""The desk's addresses, below `/moderation/`."""

from django.urls import path

from moderation import desk

app_name = "moderation"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("cases/<uuid:case_id>", desk.case, name="case"),
    path("cases/<uuid:case_id>/pace", desk.pace, name="pace"),
]
