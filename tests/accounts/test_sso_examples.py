"""The code that docs/sso.md shows, run as it stands there: what it signs is taken."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from accounts.models import SiteProfile, User
from operations.development import PROJECT
from tests.accounts.people import ORIGIN
from tests.accounts.publishers import Publisher, sign_on
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db

NODE = shutil.which("node") or shutil.which("node", path=str(PROJECT / ".venv/bin"))
COMMANDS = {"python": [sys.executable], "js": [NODE]}
needs_node = pytest.mark.skipif(not NODE, reason="no Node: docs/sso.md's JavaScript is not run")


def example(language, number):
    page = (PROJECT / "docs/sso.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[number]


@pytest.mark.parametrize(
    ("language", "number", "algorithm"),
    [
        ("python", 0, "HS256"),
        pytest.param("js", 0, "HS256", marks=needs_node),
        pytest.param("js", 1, "EdDSA", marks=needs_node),
    ],
)
def test_what_the_examples_sign_is_taken(language, number, algorithm, tmp_path):
    publisher = Publisher(SiteFactory(origins=[ORIGIN]), algorithm)
    file = tmp_path / {"python": "sign.py", "js": "sign.mjs"}[language]
    file.write_text(example(language, number))
    environment = {**os.environ, "COLLOQUY_SITE": str(publisher.site.pk)}
    if algorithm == "HS256":
        environment["COLLOQUY_SSO_SECRET"] = publisher.signs_with
    else:
        private = tmp_path / "private.pem"
        private.write_bytes(
            publisher.signs_with.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        environment["COLLOQUY_SSO_PRIVATE_KEY"] = str(private)

    said = subprocess.run(
        [*COMMANDS[language], file], env=environment, capture_output=True, text=True, check=True
    )
    answer = sign_on(said.stdout.strip())

    assert answer.status_code == 200, answer.json()
    assert User.objects.get().name == "Juniper"
    assert SiteProfile.objects.get().badges == ["Subscriber"]
