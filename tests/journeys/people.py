"""What people do in a browser: take a code from a mail or an app, and sign in with it."""

import base64
import hmac
import re
import struct
import time

from playwright.sync_api import Page, expect

from tests.install import Install, eventually

CODE = re.compile(r"^\s+(\d{4}-\d{4})\s*$", re.MULTILINE)
PERIOD_SECONDS = 30


def sign_up(popup: Page, install: Install, *, address: str, name: str) -> None:
    """Walk the sign-in window from an unknown address to the end, where it closes itself."""
    popup.get_by_label("E-mail address").fill(address)
    popup.get_by_role("button", name="Send me a code").click()
    popup.get_by_label("Code from the e-mail").fill(mailed_code(install, address))
    popup.get_by_role("button", name="Sign in").click()
    popup.get_by_label("Display name").fill(name)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Continue").click()


def mailed_code(install: Install, address: str) -> str:
    """The code in the newest mail to an address."""
    mails = eventually(lambda: install.mails(address), within=10, what=f"mail to {address}")
    found = CODE.search(mails[-1].get_content())
    assert found, mails[-1]
    return found[1]


class Authenticator:
    """A moderator's authenticator app. It shows no code twice, since none is taken twice."""

    def __init__(self, secret: str) -> None:
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self.shown = 0

    def code(self) -> str:
        """The six digits of now, or of the next half minute (RFC 6238: SHA-1, 30 s)."""
        self.shown = max(int(time.time()) // PERIOD_SECONDS, self.shown + 1)
        digest = hmac.digest(self.key, struct.pack(">Q", self.shown), "sha1")
        start = digest[-1] & 0xF
        (number,) = struct.unpack(">I", digest[start : start + 4])
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in_at_the_desk(page: Page, install: Install, app: Authenticator) -> None:
    """From the desk's address through password and second factor back to the desk."""
    moderator = install.demo["moderator"]
    page.goto(f"{install.base_url}/moderation/")
    page.get_by_label(re.compile("^E-?mail", re.IGNORECASE)).fill(moderator["email"])
    page.get_by_label("Password").fill(moderator["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox").fill(app.code())
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/moderation/$"))
