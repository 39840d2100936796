from django.urls import path

from articles.pages import reader

urlpatterns = [
    path("readers/<uuid:reader_id>", reader, name="reader"),
]
