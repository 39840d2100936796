"""The page that solves a challenge: by itself, under our strict policy, keeping what was typed."""

import pytest
from django.core import mail

from tests.accounts.test_popup_in_a_browser import open_popup

pytestmark = [pytest.mark.requires_browser, pytest.mark.django_db(transaction=True)]


def test_a_reader_asks_for_a_code_and_has_nothing_to_do_for_the_challenge(
    context, live_server, settings
):
    settings.CHALLENGES = "always"
    _, popup = open_popup(context, live_server.url, {})

    popup.get_by_label("E-mail address").fill("ada@mail.example")
    popup.keyboard.press("Enter")
    popup.get_by_label("Code from the e-mail").wait_for()

    assert [message.to for message in mail.outbox] == [["ada@mail.example"]]
    assert popup.evaluate("Boolean(window.opener)")
