"""A publisher beside the install: pages on an origin of its own, articles by the publisher API."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What a publisher's page holds: the thread by our script, related links by our public API.
PAGE = """<!doctype html>
<html lang="{locale}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>{title}</title>
<main>
  <h1>{title}</h1>
  <h2>Related</h2>
  <ul id="related"></ul>
  <colloquy-thread url="{url}"></colloquy-thread>
</main>
<script type="module" src="{api}/widget/colloquy.js"></script>
<script type="module">
  const get = async path => (await fetch('{api}/api/v1/' + path)).json()
  const page = await get('threads/lookup?url=' + encodeURIComponent('{url}'))
  const links = await get(`articles/${{page.edition.article}}/related?edition={locale}`)
  for (const link of links.results) {{
    const item = document.createElement('li')
    item.textContent = link.title
    document.querySelector('#related').append(item)
  }}
</script>
</html>"""


class Publisher:
    """Serves the pages of one story, a path for each edition, as `localhost`.

    The API is reached as 127.0.0.1: for browsers another origin, and another site too.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.pages: dict[str, bytes] = {}

    def lay_out(self, story: dict[str, Any], *, api: str) -> None:
        """Make the page of each edition, at `/<locale>`."""
        for edition in story["editions"]:
            words = {name: edition[name] for name in ("locale", "url", "title")}
            self.pages[f"/{edition['locale']}"] = PAGE.format(api=api, **words).encode()


@contextmanager
def publisher() -> Iterator[Publisher]:
    """A publisher whose server runs until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = found.pages.get(self.path)
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *said: Any) -> None:
            """Keep it to itself."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Publisher(f"http://localhost:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield found
        finally:
            server.shutdown()
            serving.join()
