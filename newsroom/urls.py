"""`/` and `/news/<locale>/…`: the addresses the stories are published under."""

from django.urls import path, register_converter

from newsroom import desk, views


class EditionConverter:
    """One of the newspaper's editions: en, ko or ja."""

    regex = "|".join(desk.LOCALES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(EditionConverter, "edition")

app_name = "newsroom"
urlpatterns = [
    path("", views.front_page, name="home"),
    path("news/<edition:locale>/", views.front_page, name="front_page"),
    path("news/<edition:locale>/about", views.about, name="about"),
    path("news/<edition:locale>/<slug:slug>", views.story, name="story"),
]
