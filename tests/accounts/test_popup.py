"""The window the widget opens: one flow for newcomers and regulars, never silent."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.models import SigninCode, User
from accounts.services import staff
from common import clock
from tests.accounts.people import ORIGIN, VERIFIER, Window, code_from_mail, handed_over, totp_code
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return SiteFactory(name="The Harbour Gazette", origins=[ORIGIN])


def token_for(page):
    return Client().post(
        "/api/v1/auth/exchange",
        {"code": handed_over(page), "verifier": VERIFIER},
        content_type="application/json",
        headers={"Origin": ORIGIN},
    )


def test_a_newcomer_signs_up_by_code_chooses_a_name_and_gets_a_token(site, mailoutbox):
    window = Window(site)

    window.do("address", email="Ada@Mail.example")
    asked = window.do("code", code=code_from_mail())
    done = window.do("name", name="  Ada   Lovelace ")

    assert "What shall we call you?" in asked.content.decode()
    assert token_for(done).status_code == 200
    newcomer = User.objects.get()
    assert (newcomer.email, newcomer.name) == ("ada@mail.example", "Ada Lovelace")
    assert not newcomer.has_usable_password()
    assert mailoutbox[0].to == ["ada@mail.example"]
    assert "The Harbour Gazette" in mailoutbox[0].subject
    assert len(mailoutbox) == 1


def test_a_regular_is_not_asked_for_a_name_again(site, mailoutbox):
    regular = ReaderFactory(email="ada@mail.example", name="Ada")

    window = Window(site)
    window.do("address", email=regular.email)
    page = window.do("code", code=code_from_mail())

    assert token_for(page).status_code == 200
    assert User.objects.count() == 1


def test_known_and_unknown_addresses_see_the_same_page_and_get_the_same_mail(site, mailoutbox):
    ReaderFactory(email="known@mail.example")
    pages, mails = [], []

    for email in ("known@mail.example", "fresh@mail.example"):
        window = Window(site)
        window.do("address", email=email)
        csrf_token = window.client.cookies["csrftoken"].value
        pages.append(_without_csrf(window.look(), csrf_token).replace(email, "…"))
        mails.append(str(mailoutbox[-1].body).replace(code_from_mail(), "…"))

    assert pages[0] == pages[1]
    assert mails[0] == mails[1]
    assert User.objects.count() == 1, "an address typed by anybody makes no account"


def test_who_is_signed_in_already_is_asked_before_anything_is_handed_over(site):
    window = Window(site)
    window.client.force_login(ReaderFactory(name="Ada"))

    looked = window.look()
    agreed = window.do("continue")

    assert "Continue as Ada" in looked
    assert "data-code" not in looked
    assert token_for(agreed).status_code == 200


def test_another_account_can_be_used_instead(site, mailoutbox):
    window = Window(site)
    window.client.force_login(ReaderFactory(name="Ada"))

    window.do("back")
    page = window.sign_in("grace@mail.example", name="Grace")

    assert token_for(page).status_code == 200
    assert SigninCode.objects.get().user.name == "Grace"


def test_nobody_signed_in_gets_no_code_by_pressing_continue(site):
    page = Window(site).do("continue")

    assert handed_over(page) is None
    assert not SigninCode.objects.exists()


def test_a_password_works_as_well(site):
    ReaderFactory(email="ada@mail.example", password="a long enough one")
    window = Window(site, **{"with": "password"})

    wrong = window.do("password", login="ada@mail.example", password="another")
    right = window.do("password", login="ada@mail.example", password="a long enough one")

    assert "do not go together" in wrong.content.decode()
    assert token_for(right).status_code == 200


def test_a_second_factor_is_asked_of_who_has_one(site, mailoutbox):
    reader = ReaderFactory(email="ada@mail.example")
    secret = staff.enroll_totp(reader)

    window = Window(site)
    window.do("address", email=reader.email)
    asked = window.do("code", code=code_from_mail())
    wrong = window.do("second_factor", code="000000")
    page = window.do("second_factor", code=totp_code(secret))

    assert "second factor" in asked.content.decode()
    assert handed_over(asked) is None
    assert handed_over(wrong) is None
    assert token_for(page).status_code == 200


def test_wrong_codes_are_counted_and_then_a_new_one_is_needed(site, mailoutbox):
    window = Window(site)
    window.do("address", email="ada@mail.example")
    code = code_from_mail()

    for _ in range(3):
        page = window.do("code", code="0000-0000")
    late = window.do("code", code=code)

    assert "no longer good" in page.content.decode()
    assert handed_over(late) is None
    assert not User.objects.exists()


def test_a_code_runs_out(site, mailoutbox):
    window = Window(site)
    window.do("address", email="ada@mail.example")

    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        page = window.do("code", code=code_from_mail())

    assert "no longer good" in page.content.decode()


def test_a_new_code_replaces_the_old_one(site, mailoutbox):
    window = Window(site)
    window.do("address", email="ada@mail.example")
    old = code_from_mail()
    window.do("resend")

    refused = window.do("code", code=old)
    taken = window.do("code", code=code_from_mail())

    assert len(mailoutbox) == 2
    assert "not right" in refused.content.decode()
    assert "What shall we call you?" in taken.content.decode()


def test_a_code_may_be_typed_without_its_dash_and_in_wide_digits(site, mailoutbox):
    ReaderFactory(email="ada@mail.example")
    window = Window(site)
    window.do("address", email="ada@mail.example")
    wide = (
        code_from_mail()
        .replace("-", "")
        .translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    )

    assert handed_over(window.do("code", code=wide))


def test_asking_for_codes_again_and_again_is_slowed_down(site, mailoutbox):
    for _ in range(4):
        page = Window(site).do("address", email="ada@mail.example")

    assert page.status_code == 429
    assert "Try again in" in page.content.decode()
    assert page["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert len(mailoutbox) == 3


def test_a_closed_account_is_told_so_only_after_proving_its_address(site, mailoutbox):
    ReaderFactory(email="ada@mail.example", is_active=False)
    window = Window(site)

    asked = window.do("address", email="ada@mail.example")
    page = window.do("code", code=code_from_mail())

    assert "closed" not in asked.content.decode()
    assert "This account is closed." in page.content.decode()
    assert handed_over(page) is None


def test_a_name_nobody_can_see_is_refused_in_place(site, mailoutbox):
    window = Window(site)
    window.do("address", email="ada@mail.example")
    window.do("code", code=code_from_mail())

    page = window.do("name", name="Ada\u200b")

    assert "nobody can see" in page.content.decode()
    assert handed_over(page) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"site": "not-an-id"}, "unknown_site"),
        ({"site": "01900000-0000-7000-8000-000000000000"}, "origin_not_registered"),
        ({"origin": "https://other.example"}, "origin_not_registered"),
        ({"origin": "https://news.example.evil.example"}, "origin_not_registered"),
        ({"origin": "null"}, "origin_not_registered"),
        ({"challenge": "short"}, "bad_challenge"),
        ({"challenge": "!" * 43}, "bad_challenge"),
        ({"return": "https://evil.example/"}, "return_elsewhere"),
        ({"return": "https://news.example.evil.example/"}, "return_elsewhere"),
        ({"return": "https://news.example@evil.example/"}, "return_elsewhere"),
        ({"return": "javascript:alert(1)"}, "return_elsewhere"),
    ],
)
def test_a_wrong_invitation_is_refused_with_a_page_people_can_read(site, changed, code):
    window = Window(site, **changed)

    answer = window.client.get(window.address)

    assert answer.status_code == 400
    assert "cannot sign you in" in answer.content.decode()
    assert code in answer.content.decode()


def test_the_code_goes_to_the_exact_origin_and_back_to_the_page_it_came_from(site, mailoutbox):
    window = Window(site, **{"return": f"{ORIGIN}/en/story?page=2#thoughts"})

    page = window.sign_in("ada@mail.example").content.decode()

    code = handed_over(window.do("continue"))
    assert f'data-origin="{ORIGIN}"' in page
    assert f'href="{ORIGIN}/en/story?page=2#colloquy-code=' in page
    assert code


def test_only_the_popup_stays_within_its_openers_reach(site):
    popup = Window(site).client.get(Window(site).address)
    other = Client().get("/accounts/login/")

    assert popup["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert other["Cross-Origin-Opener-Policy"] == "same-origin"
    for page in (popup, other):
        assert page["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert "script-src 'self'" in page["Content-Security-Policy"]
    assert popup["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("lang", "accepted", "words"),
    [
        ("ko", "en", "로그인하고 대화에 참여하세요"),
        ("ja", "en", "ログインして会話に参加しましょう"),
        ("en-GB", "ko", "Sign in to join the conversation"),
        ("", "ko-KR,ko;q=0.9", "로그인하고 대화에 참여하세요"),
        ("xx", "", "Sign in to join the conversation"),
    ],
)
def test_the_popup_speaks_the_widgets_language_else_the_browsers(site, lang, accepted, words):
    window = Window(site, lang=lang)

    page = window.client.get(window.address, headers={"Accept-Language": accepted})

    assert words in page.content.decode()


def test_the_popup_takes_no_posts_from_elsewhere(site):
    window = Window(site)
    stranger = Client(enforce_csrf_checks=True)

    answer = stranger.post(window.address, {"action": "address", "email": "ada@mail.example"})

    assert answer.status_code == 403


def test_an_address_proven_by_code_ends_a_password_set_before_by_a_stranger(site, mailoutbox):
    hijacked = User.objects.create_user("ada@mail.example", "set by a stranger", name="Eve")

    window = Window(site)
    window.do("address", email="ada@mail.example")
    window.do("code", code=code_from_mail())

    hijacked.refresh_from_db()
    assert not hijacked.has_usable_password()


def test_a_newcomers_placeholder_name_says_nothing_of_the_address(site, mailoutbox):
    window = Window(site)
    window.do("address", email="jane.roe.1984@mail.example")
    window.do("code", code=code_from_mail())

    name = User.objects.get().name
    assert name.startswith("Reader ")
    assert "jane" not in name


def _without_csrf(page, token):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page).replace(token, "")


def test_a_null_character_in_the_invitation_is_refused(site):
    assert (
        Window(site, origin="\x00").client.get(Window(site, origin="\x00").address).status_code
        == 400
    )
