"""Pages of the demo news site: a newspaper that knows Colloquy only by its script and public API.

The texts come from the newspaper's own files; related links, counts and threads are fetched in
the reader's browser. No page calls its own server.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from common.permissions import public
from newsroom import desk


@public
@require_safe
def front_page(request: HttpRequest, locale: str = desk.DEFAULT_LOCALE) -> HttpResponse:
    """The edition's front page; `/` is that of the default edition."""
    page = desk.front_page(locale)
    return _page(request, "front_page", locale, {"page": page, "today": timezone.localdate()})


@public
@require_safe
def story(request: HttpRequest, locale: str, slug: str) -> HttpResponse:
    """One story in one edition. 404 when there is no such story."""
    found = desk.story(locale, slug)
    if found is None:
        raise Http404
    return _page(request, "story", locale, {"story": found}, slug=slug)


@public
@require_safe
def about(request: HttpRequest, locale: str) -> HttpResponse:
    """What the demo is, and how machine-written stories are marked."""
    return _page(request, "about", locale, {"passages": desk.about(locale)})


def _page(
    request: HttpRequest, name: str, locale: str, context: dict[str, object], **kwargs: str
) -> HttpResponse:
    """Render `newsroom/<name>.html` in the edition's language, whatever the browser prefers."""
    editions = [
        {
            "locale": other,
            "name": language,
            "path": reverse(f"newsroom:{name}", kwargs={"locale": other, **kwargs}),
            "current": other == locale,
        }
        for other, language in desk.LOCALES.items()
    ]
    context |= {
        "locale": locale,
        "words": desk.words(locale),
        "sections": desk.front_page(locale).sections,
        "editions": editions,
        "public_url": settings.PUBLIC_URL.rstrip("/"),
    }
    with translation.override(locale):
        response = render(request, f"newsroom/{name}.html", context)
    response["Content-Language"] = locale
    # The widget's sign-in window posts its code to the page that opened it.
    response["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response
