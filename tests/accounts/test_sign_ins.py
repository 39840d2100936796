"""Where one is signed in: what the list says, and what ending one of them ends."""

import json
from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import selectors
from accounts.devices import describe
from accounts.models import Token
from accounts.services import handover, staff, tokens
from common import clock
from publishers.models import StaffMembership
from tests.accounts.people import ORIGIN, VERIFIER, App, Window, code_from_mail, handed_over, me
from tests.factories import ModeratorFactory, ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough one"
PAGE = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def ada():
    return ReaderFactory(email="ada@mail.example", name="Ada", password=PASSWORD)


def browser(person, **headers) -> Client:
    """Signed in by password on our own page."""
    client = Client(headers=headers)
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return client


def app(person) -> App:
    """Signed in by password in an app."""
    found = App()
    found.call("auth/login", {"email": person.email, "password": PASSWORD})
    return found


def is_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


def keys(person) -> list[str]:
    return [each.key for each in selectors.sign_ins(person)]


def widget_of(client: Client) -> str:
    """A reader token that this browser's popup handed over."""
    window = Window(SiteFactory(origins=[ORIGIN]))
    window.client = client
    code = handed_over(window.do("continue"))
    _, text = handover.exchange(code=code, verifier=VERIFIER, origin=ORIGIN, user_agent=FIREFOX)
    return text


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox · Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15",
            "Safari · Mac",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) SamsungBrowser/29.0 Chrome/136.0.0.0 Safari/537.36",
            "Samsung Internet · Android",
        ),
        ("NewsReader/2.1 (iPhone; iOS 19)", "NewsReader · iPhone"),
        ("Mozilla/5.0", ""),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_as_its_owner_knows_it(user_agent, words):
    assert describe(user_agent) == words


def test_the_list_names_browsers_apps_and_websites(ada):
    here = browser(ada, User_Agent=FIREFOX)
    app(ada)
    tokens.issue_reader(user=ada, site=SiteFactory(name="The Harbour Gazette"))
    browser(ReaderFactory(password=PASSWORD))

    page = here.get(PAGE).content.decode()

    for words in ("Firefox · Windows", "This browser", "Apps", "The Harbour Gazette"):
        assert words in page
    assert len(keys(ada)) == 3


def test_the_list_takes_two_queries_however_long_it_is(ada, django_assert_num_queries):
    for _ in range(3):
        browser(ada)
        app(ada)
        tokens.issue_reader(user=ada, site=SiteFactory())

    with django_assert_num_queries(2):
        assert len(selectors.sign_ins(ada)) == 9


def test_one_of_them_is_ended_and_only_it(ada):
    here, there = browser(ada), browser(ada)
    there_key = f"session-{UserSession.objects.get(session_key=there.session.session_key).pk}"

    here.post(PAGE, {"end": there_key})

    assert (is_in(here), is_in(there)) == (True, False)
    assert there_key not in keys(ada)


def test_an_app_that_is_ended_loses_its_token(ada):
    here, phone = browser(ada), app(ada)
    [key] = [each.key for each in selectors.sign_ins(ada) if each.is_app]

    here.post(PAGE, {"end": key})

    assert me(phone.token).status_code == 401
    assert phone.call("auth/session", method="get").status_code == 410
    assert is_in(here)


def test_a_browser_takes_along_what_its_popup_handed_over(ada):
    here, there = browser(ada), browser(ada)
    in_its_widget, in_another = widget_of(there), widget_of(here)

    here.post(
        PAGE,
        {"end": f"session-{UserSession.objects.get(session_key=there.session.session_key).pk}"},
    )

    assert me(in_its_widget).json()["code"] == "token_revoked"
    assert me(in_another).status_code == 200


def test_a_website_is_ended_alone(ada):
    here = browser(ada)
    token, text = tokens.issue_reader(user=ada, site=SiteFactory())

    here.post(PAGE, {"end": f"token-{token.pk}"})

    assert me(text).status_code == 401
    assert is_in(here)


def test_all_others_are_ended_at_once(ada):
    here, there, phone = browser(ada), browser(ada), app(ada)
    widget = widget_of(there)
    stranger = browser(ReaderFactory(password=PASSWORD))

    here.post(PAGE, {"end": "others"})

    assert (is_in(here), is_in(there), is_in(stranger)) == (True, False, True)
    assert me(phone.token).status_code == me(widget).status_code == 401


def test_ending_this_browser_signs_out(ada):
    here = browser(ada)
    answer = here.post(PAGE, {"end": keys(ada)[0]})

    assert answer["Location"] == "/accounts/login/"
    assert not is_in(here)


def test_nobody_ends_what_is_somebody_elses(ada):
    victim = ReaderFactory(password=PASSWORD)
    theirs = browser(victim)
    token, text = tokens.issue_reader(user=victim, site=SiteFactory())
    here = browser(ada)

    here.post(PAGE, {"end": keys(victim)[0]})
    here.post(PAGE, {"end": f"token-{token.pk}"})

    assert is_in(theirs)
    assert me(text).status_code == 200


def test_an_app_lists_and_ends_sessions_by_allauths_calls(ada):
    phone, laptop = app(ada), browser(ada)
    widget = widget_of(laptop)

    listed = phone.call("auth/sessions", method="get").json()["data"]
    other = next(each["id"] for each in listed if not each["is_current"])
    left = phone.call("auth/sessions", {"sessions": [other]}, method="delete").json()["data"]

    assert len(listed) == 2
    assert [each["is_current"] for each in left] == [True]
    assert not is_in(laptop)
    assert me(widget).status_code == 401


def test_use_is_noted_every_ten_minutes(ada, django_assert_max_num_queries):
    here = browser(ada)
    [before] = UserSession.objects.values_list("last_seen_at", flat=True)

    with time_machine.travel(clock.now() + timedelta(minutes=9), tick=False):
        here.get("/accounts/")
    [soon] = UserSession.objects.values_list("last_seen_at", flat=True)
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        here.get("/accounts/")
    [later] = UserSession.objects.values_list("last_seen_at", flat=True)

    assert soon == before
    assert later > before + timedelta(minutes=10)


def test_a_session_from_before_the_list_is_found_at_its_next_use(ada):
    here = Client()
    here.force_login(ada)
    session = here.session
    del session["seen_at"]
    session.save()

    here.get("/accounts/")

    assert len(keys(ada)) == 1


def test_a_peer_without_an_address_signs_in_too(ada):
    answer = Client(REMOTE_ADDR="").post(
        "/accounts/login/", {"login": ada.email, "password": PASSWORD}
    )

    assert answer.status_code == 302
    assert len(keys(ada)) == 1


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7")]
)
def test_allauth_takes_the_callers_address_as_trusted_proxies_says(ada, settings, proxies, address):
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    browser(ada, X_Forwarded_For="192.0.2.1, 198.51.100.7, 203.0.113.9")

    assert UserSession.objects.get().ip == address


def test_purging_forgets_sign_ins_whose_session_is_gone(ada):
    browser(ada)
    Session.objects.all().delete()

    assert tokens.purge() == 1
    assert not UserSession.objects.exists()


# -- how it ends -----------------------------------------------------------------------------
def test_the_sessions_key_changes_at_sign_in(ada):
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before

    client.post("/accounts/login/", {"login": ada.email, "password": PASSWORD})

    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_signing_out_ends_the_cookie_and_what_it_handed_over(ada):
    here = browser(ada)
    widget, cookie = widget_of(here), here.cookies["sessionid"].value
    elsewhere = browser(ada)

    here.post("/accounts/logout/")

    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert not is_in(thief)
    assert me(widget).json()["code"] == "token_revoked"
    assert is_in(elsewhere)


def test_using_another_account_in_the_popup_leaves_other_websites_alone(ada):
    here = browser(ada)
    widget = widget_of(here)
    window = Window(SiteFactory(origins=[ORIGIN]))
    window.client = here

    window.do("back")

    assert not is_in(here)
    assert me(widget).status_code == 200


@pytest.mark.parametrize("set_first", [False, True])
def test_a_new_password_ends_everything_but_where_it_was_set(ada, set_first):
    here, there, phone = browser(ada), browser(ada), app(ada)
    widget = widget_of(there)
    new = {"password1": "quite another one", "password2": "quite another one"}
    if set_first:
        ada.set_unusable_password()
        ada.save()
        here = Client()
        here.post("/accounts/login/code/", {"email": ada.email})
        here.post("/accounts/login/code/confirm/", {"code": code_from_mail()})
        here.post("/accounts/password/set/", new)
    else:
        here.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})

    assert (is_in(here), is_in(there)) == (True, False)
    assert me(phone.token).status_code == me(widget).status_code == 401
    assert len(keys(ada)) == 1


def test_a_forgotten_password_ends_everything(ada, mailoutbox):
    there, phone = browser(ada), app(ada)
    widget = widget_of(there)
    forgetful = Client()
    forgetful.post("/accounts/password/reset/", {"email": ada.email})
    forgetful.post("/accounts/password/reset/confirm/", {"code": code_from_mail()})

    forgetful.post(
        "/accounts/password/reset/complete/",
        {"password1": "quite another one", "password2": "quite another one"},
    )

    ada.refresh_from_db()
    assert ada.check_password("quite another one")
    assert not is_in(there)
    assert me(phone.token).status_code == me(widget).status_code == 401
    assert keys(ada) == []


def test_a_role_that_is_taken_away_ends_at_the_next_request_and_the_reader_stays():
    moderator = ModeratorFactory(password=PASSWORD)
    staff.enroll_totp(moderator)
    here = Client()
    here.force_login(moderator)
    _, widget = tokens.issue_reader(user=moderator, site=SiteFactory())

    StaffMembership.objects.filter(user=moderator).delete()

    assert here.get("/moderation/").status_code == 404
    assert me(widget).status_code == 200


def test_an_operators_sign_out_everywhere_means_cookies_too(ada):
    there, phone = browser(ada), app(ada)

    tokens.revoke_all(ada)

    assert not is_in(there)
    assert me(phone.token).status_code == 401
    assert not Token.objects.filter(user=ada, revoked_at=None).exists()


# -- 401 -------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["auth/session", "account/email", "auth/sessions"])
@pytest.mark.parametrize("client", ["app", "browser"])
def test_allauths_401_names_a_way_to_sign_in(path, client):
    answer = Client().get(f"/_allauth/{client}/v1/{path}")

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_that_way_is_open(ada):
    token = app(ada).token

    answer = Client().get(
        "/_allauth/app/v1/auth/session", headers={"Authorization": f"Bearer {token}"}
    )

    assert json.loads(answer.content)["meta"]["is_authenticated"] is True
