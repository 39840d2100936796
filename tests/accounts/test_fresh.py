"""Fresh authentication: what is sensitive asks again, and how each proves who they are."""

import time
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.urls import reverse

from accounts.services import staff
from common import clock
from tests.accounts.people import App, code_from_mail, totp_code
from tests.factories import ModeratorFactory, ReaderFactory

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough one"
LATER = timedelta(minutes=6)
CODE_PAGE = "/accounts/reauthenticate/code/"


@pytest.fixture
def by_code(mailoutbox):
    """A reader without a password, signed in on a page of ours."""
    ReaderFactory(email="ada@mail.example")
    client = Client()
    client.post("/accounts/login/code/", {"email": "ada@mail.example"})
    client.post("/accounts/login/code/confirm/", {"code": code_from_mail()})
    return client


@pytest.fixture
def by_password():
    reader = ReaderFactory(email="ada@mail.example", password=PASSWORD)
    client = Client()
    client.post("/accounts/login/", {"login": reader.email, "password": PASSWORD})
    return client


@pytest.fixture
def six_minutes_later():
    with time_machine.travel(clock.now() + LATER):
        yield


SENSITIVE = ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"]


@pytest.mark.parametrize("page", SENSITIVE)
def test_who_has_just_signed_in_goes_on(by_code, page):
    assert by_code.get(page).status_code == 200


@pytest.mark.parametrize("page", [*SENSITIVE, "/accounts/password/set/"])
def test_later_who_has_no_password_proves_it_by_a_mailed_code(
    by_code, page, six_minutes_later, mailoutbox
):
    sent = by_code.get(page)
    asked_at = sent["Location"]
    looked = by_code.get(asked_at)
    by_code.post(asked_at, {"action": "send"})
    wrong = by_code.post(asked_at, {"action": "code", "code": "0000-0000"})
    right = by_code.post(asked_at, {"action": "code", "code": code_from_mail()})

    assert asked_at.startswith(CODE_PAGE)
    assert len(mailoutbox) == 2, "looking at the page mails nothing"
    assert "ada@mail.example" in looked.content.decode()
    assert "not right" in wrong.content.decode()
    assert right["Location"] == page
    assert by_code.get(page).status_code == 200


@pytest.mark.parametrize("page", SENSITIVE)
def test_later_who_has_a_password_gives_it_again(by_password, page, six_minutes_later):
    asked_at = by_password.get(page)["Location"]
    right = by_password.post(asked_at, {"password": PASSWORD})

    assert asked_at.startswith(reverse("account_reauthenticate"))
    assert right["Location"] == page
    assert by_password.get(page).status_code == 200


def test_where_a_second_factor_is_asked_for_a_mailbox_proves_nothing(by_code, six_minutes_later):
    reader = EmailAddress.objects.get().user
    secret = staff.enroll_totp(reader)

    asked_at = by_code.get("/accounts/2fa/webauthn/add/")["Location"]
    turned = by_code.post(CODE_PAGE, {"action": "send"})
    by_code.post(asked_at, {"code": totp_code(secret)})

    assert asked_at.startswith(reverse("mfa_reauthenticate"))
    assert turned["Location"].startswith(reverse("mfa_reauthenticate"))
    assert by_code.get("/accounts/2fa/webauthn/add/").status_code == 200


def test_wrong_codes_are_counted(by_code, six_minutes_later):
    by_code.post(CODE_PAGE, {"action": "send"})
    code = code_from_mail()

    for _ in range(3):
        last = by_code.post(CODE_PAGE, {"action": "code", "code": "0000-0000"})
    late = by_code.post(f"{CODE_PAGE}?next=/accounts/", {"action": "code", "code": code})

    assert "Too many tries" in last.content.decode()
    assert late["Location"] == f"{CODE_PAGE}?next=/accounts/"
    assert by_code.get(SENSITIVE[0]).status_code == 302


def test_asking_for_codes_again_and_again_is_slowed_down(by_code, six_minutes_later, mailoutbox):
    answers = [by_code.post(CODE_PAGE, {"action": "send"}) for _ in range(13)]

    assert "Too many tries" in answers[-1].content.decode()
    assert len(mailoutbox) < 13


def test_a_first_password_is_no_way_in_for_who_finds_a_browser_open(by_code, six_minutes_later):
    new = {"password1": "the thief's own one", "password2": "the thief's own one"}

    answer = by_code.post("/accounts/password/set/", new)

    assert answer["Location"].startswith(CODE_PAGE)
    assert not EmailAddress.objects.get().user.has_usable_password()
    assert "thief" not in str(dict(by_code.session))


def test_an_app_proves_it_by_a_mailed_code(mailoutbox):
    app = App()
    app.sign_up("ada@mail.example")

    with time_machine.travel(clock.now() + LATER):
        refused = app.call("account/password/change", {"new_password": "quite another one"})
        sent = app.call("auth/reauthenticate/code")
        wrong = app.call("auth/reauthenticate/code", {"code": "0000-0000"})
        right = app.call("auth/reauthenticate/code", {"code": code_from_mail()})
        done = app.call("account/password/change", {"new_password": "quite another one"})

    assert (refused.status_code, refused.json()["meta"]["is_authenticated"]) == (401, True)
    assert [each.status_code for each in (sent, wrong, right, done)] == [200, 400, 200, 200]
    assert wrong.json()["errors"][0]["param"] == "code"


def test_an_app_with_a_password_is_not_let_off_with_a_mailed_code():
    reader = ReaderFactory(email="ada@mail.example", password=PASSWORD)
    app = App()
    app.call("auth/login", {"email": reader.email, "password": PASSWORD})

    assert app.call("auth/reauthenticate/code").status_code == 409
    assert App().call("auth/reauthenticate/code").status_code == 401


def test_the_address_changes_once_the_new_one_is_proven(by_password, mailoutbox):
    asked = by_password.post("/accounts/email/", {"action_add": "", "email": "new@mail.example"})
    before = EmailAddress.objects.get().email
    mailed_to = mailoutbox[-1].to
    by_password.post(asked["Location"], {"code": code_from_mail()})

    address = EmailAddress.objects.get()
    assert before == "ada@mail.example"
    assert mailed_to == ["new@mail.example"]
    assert (address.email, address.user.email) == ("new@mail.example", "new@mail.example")


def test_the_address_of_another_account_is_not_told(by_password, mailoutbox):
    ReaderFactory(email="taken@mail.example")
    answers = [
        by_password.post("/accounts/email/", {"action_add": "", "email": email})
        for email in ("taken@mail.example", "free@mail.example")
    ]

    assert [answer["Location"] for answer in answers] == ["/accounts/confirm-email/"] * 2
    assert len(mailoutbox) == 2


def test_an_address_change_waits_for_the_proof(by_password, six_minutes_later, mailoutbox):
    answer = by_password.post("/accounts/email/", {"action_add": "", "email": "new@mail.example"})

    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not mailoutbox


# -- second factors ---------------------------------------------------------------------------
def test_recovery_codes_open_once_each_by_the_app():
    reader = ReaderFactory(email="ada@mail.example", password=PASSWORD)
    staff.enroll_totp(reader)
    code = RecoveryCodes.activate(reader).get_unused_codes()[0]
    outcomes = []

    for _ in range(2):
        app = App()
        app.call("auth/login", {"email": reader.email, "password": PASSWORD})
        outcomes.append(app.call("auth/2fa/authenticate", {"code": code}).status_code)

    assert outcomes == [200, 400]


def test_recovery_codes_are_not_stored_in_the_clear():
    codes = RecoveryCodes.activate(ReaderFactory())

    seed = codes.instance.data["seed"]
    assert all(code not in str(codes.instance.data) for code in codes.get_unused_codes())
    assert len(seed) > 80 and not set(seed) <= set("0123456789abcdef")


def a_passkey(person):
    return person.authenticator_set.create(type="webauthn", data={"name": "Phone"})


@pytest.mark.parametrize(
    ("person", "enroll", "is_asked"),
    [
        (ReaderFactory, a_passkey, False),  # a way in of its own
        (ReaderFactory, staff.enroll_totp, True),  # set up for that
        (ModeratorFactory, a_passkey, True),  # theirs at the desk
        (ModeratorFactory, lambda person: None, False),  # asked to set one up at the door
    ],
)
def test_who_is_asked_for_a_second_factor(person, enroll, is_asked):
    someone = person(password=PASSWORD)
    enroll(someone)
    app = App()

    answer = app.call("auth/login", {"email": someone.email, "password": PASSWORD})

    assert answer.status_code == (401 if is_asked else 200)
    pending = [
        flow["id"] for flow in answer.json()["data"].get("flows", ()) if flow.get("is_pending")
    ]
    assert pending == (["mfa_authenticate"] if is_asked else [])


def test_an_old_proof_is_not_fresh_by_the_clock_of_the_session(by_password):
    session = by_password.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 301
    session.save()

    assert by_password.get(SENSITIVE[0]).status_code == 302
