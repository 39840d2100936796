"""Static files, and the widget's build at `/widget/`, where publishers' pages load it from."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise; its files carry `Access-Control-Allow-Origin: *`, as module scripts need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse], **options: Any):
        super().__init__(get_response, **options)
        if settings.WIDGET_DIR.is_dir():
            self.add_files(str(settings.WIDGET_DIR), prefix="widget/")
