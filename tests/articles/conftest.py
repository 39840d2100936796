import pytest

from common.json import dumps
from publishers.services import keys
from tests.articles.sending import PAGES
from tests.factories import SiteFactory


@pytest.fixture
def site():
    return SiteFactory(origins=[PAGES])


@pytest.fixture
def send(client, site):
    """Calls an address below `/publisher` as the site's server; gives the answer."""
    texts = {}

    def call(method, path, body=None, *, key=None, site=site, kind="application/json", once=""):
        if key is None:
            if site.pk not in texts:
                texts[site.pk] = keys.issue(site=site, name="server")[1]
            key = texts[site.pk]
        return client.generic(
            method,
            f"/api/v1/publisher/{path}",
            body if isinstance(body, str | bytes) else b"" if body is None else dumps(body),
            headers={
                "authorization": f"Bearer {key}",
                **({"idempotency-key": once} if once else {}),
            },
            content_type=kind,
        )

    return call


@pytest.fixture
def put(send):
    """Sends a story as the site's server; gives the answer."""

    def put_story(body, external_id="story", path="", **how):
        return send("PUT", f"articles/{external_id}{path}", body, **how)

    return put_story
