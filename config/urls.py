"""The route table. Each app brings its own `api/urls.py`; pages stand at the site root."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from common.permissions import public

handler400 = "common.problems.bad_request"
handler404 = "common.problems.page_not_found"
handler500 = "common.problems.server_error"

api: list[URLPattern | URLResolver] = [
    path("", include("comments.api.urls")),
    path("", include("articles.api.urls")),
    path("", include("accounts.api.urls")),
    path("", include("moderation.api.urls")),
    path("", include("notifications.api.urls")),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
    path("moderation/", include("moderation.urls")),
    path("", include("accounts.urls")),
    path("", include("articles.urls")),
    path("", include("operations.urls")),
]

if settings.IN_PRODUCTION:
    # Readers come to publishers' pages; who comes here is staff.
    urlpatterns.append(path("", public(RedirectView.as_view(pattern_name="moderation:desk"))))
else:
    urlpatterns.append(path("", include("newsroom.urls")))
