"""Signing in elsewhere: an OpenID Connect provider, what it may say, and what it may not."""

import re
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client

from accounts.models import MailDomain, User
from accounts.services import staff
from accounts.states import MailStanding
from common import clock
from tests.accounts.elsewhere import LOGIN, offering, set_out, sign_in
from tests.accounts.people import (
    ORIGIN,
    VERIFIER,
    App,
    Window,
    code_from_mail,
    handed_over,
    totp_code,
)
from tests.accounts.provider_server import (
    ANOTHER_KEY,
    CLIENT_ID,
    KEY,
    provider_server,
    sign,
)
from tests.factories import ReaderFactory, SiteFactory

pytestmark = pytest.mark.django_db

LOOPBACK = [ip_network("127.0.0.0/8")]
CALLBACK = "/accounts/oidc/newsroom/login/callback/"


@pytest.fixture
def provider(settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
    with provider_server() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = offering(provider)
        yield provider


@pytest.fixture
def trusted(settings, provider):
    """A provider whose word on addresses the operator takes."""
    settings.SOCIALACCOUNT_PROVIDERS = offering(provider, trust_addresses=True)
    provider.person["email_verified"] = True
    return provider


def known_at(provider, **fields):
    """A reader who has signed in with this provider before."""
    reader = ReaderFactory(email="ada@mail.example", **fields)
    SocialAccount.objects.create(user=reader, provider="newsroom", uid=provider.person["sub"])
    return reader


def is_signed_in(client):
    return "_auth_user_id" in client.session


# -- what is asked -----------------------------------------------------------------------------
def test_with_nobody_configured_there_is_no_button_and_nothing_at_the_addresses(
    db, django_assert_num_queries
):
    client = Client()

    with django_assert_num_queries(0):
        page = client.get("/accounts/login/").content.decode()
        answers = [
            client.get(f"/accounts/{name}/login/")
            for name in ("google", "apple", "kakao", "line", "naver", "oidc/newsroom")
        ]
        answers += [
            client.post("/accounts/apple/login/callback/", {"code": "c", "state": "s"}),
            client.get("/accounts/apple/login/callback/finish/"),
            client.get("/accounts/google/login/callback/?code=c&state=s"),
            client.post("/accounts/google/login/token/"),
        ]

    assert "Continue with" not in page
    assert {answer.status_code for answer in answers} == {404}


def test_the_way_there_is_a_page_since_browsers_hold_redirects_against_our_forms(provider):
    page = Client().post(LOGIN)

    assert page.status_code == 200
    assert "form-action 'self'" in page["Content-Security-Policy"]
    assert f'content="0; url={provider.url}/authorize?' in page.content.decode()
    assert page["Cross-Origin-Opener-Policy"] == "unsafe-none"


def test_a_link_asks_before_it_leads_anywhere(provider):
    page = Client().get(LOGIN)

    assert "Continue with Newsroom account" in page.content.decode()
    assert "refresh" not in page.content.decode()
    assert provider.asked == []


def test_no_form_of_another_page_sends_a_reader_there(provider):
    assert Client(enforce_csrf_checks=True).post(LOGIN).status_code == 403


def test_state_nonce_and_proof_are_sent_and_the_scopes_are_few(provider):
    asked = parse_qs(urlsplit(set_out(Client())).query)

    assert set(asked["scope"][0].split()) == {"openid", "email", "profile"}
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert all(len(asked[name][0]) >= 16 for name in ("state", "nonce", "code_challenge"))


def test_nobody_adds_to_what_is_asked(provider):
    onward = set_out(Client(), f"{LOGIN}?scope=admin&auth_params=prompt%3Dnone&action=rerequest")

    assert "admin" not in onward
    assert "prompt" not in onward


# -- who comes back ----------------------------------------------------------------------------
def test_a_newcomer_proves_the_address_here_and_then_is_in(provider, mailoutbox):
    provider.person |= {"name": "Ada Lovelace", "locale": "ko-KR", "picture": "https://x.example/a"}
    client = Client()

    back = sign_in(client, provider)
    before = is_signed_in(client)
    client.post(back["Location"], {"code": code_from_mail()})

    assert back["Location"] == "/accounts/confirm-email/"
    assert not before
    assert is_signed_in(client)
    newcomer = User.objects.get()
    assert (newcomer.email, newcomer.name, newcomer.locale) == (
        "ada@mail.example",
        "Ada Lovelace",
        "ko",
    )
    assert not newcomer.has_usable_password()
    assert SocialAccount.objects.get().extra_data == {"email": "ada@mail.example"}
    assert not SocialToken.objects.exists()


def test_a_regular_is_in_at_once_and_lands_where_they_were(provider):
    known_at(provider)
    client = Client()

    back = sign_in(client, provider, next="/accounts/2fa/")

    assert is_signed_in(client)
    assert back["Location"] == "/accounts/2fa/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "http://testserver.evil.example/",
        "http://testserver@evil.example/",
    ],
)
def test_nobody_is_sent_on_to_other_hosts(provider, elsewhere):
    known_at(provider)

    back = sign_in(Client(), provider, next=elsewhere)

    assert back["Location"] == "/accounts/"


def test_an_address_in_capitals_is_the_same(provider, mailoutbox):
    provider.person["email"] = "Ada@Mail.Example"

    sign_in(Client(), provider)

    assert User.objects.get().email == "ada@mail.example"
    assert mailoutbox[-1].to == ["ada@mail.example"]


@pytest.mark.parametrize("name", ["Ada\u200bLovelace", "x" * 51, "", " ", None])
def test_a_name_against_our_rules_is_not_taken_over(provider, mailoutbox, name):
    provider.person["name"] = name

    sign_in(Client(), provider)

    assert User.objects.get().name.startswith("Reader ")


def test_a_session_begins_anew_with_the_sign_in(provider):
    known_at(provider)
    client = Client()
    address = provider.allow(set_out(client))
    before = client.session.session_key

    client.get(address)

    assert client.session.session_key != before


def test_who_is_told_no_address_types_one_on_our_page(provider, mailoutbox):
    del provider.person["email"]
    provider.person["name"] = "Ada Lovelace"
    client = Client()

    back = sign_in(client, provider)
    asked = client.get(back["Location"]).content.decode()
    client.post(back["Location"], {"email": "ada@mail.example", "name": "Ada"})
    client.post("/accounts/confirm-email/", {"code": code_from_mail()})

    assert "Newsroom account did not tell us" in asked
    assert 'value="Ada Lovelace"' in asked
    assert is_signed_in(client)
    assert User.objects.get().name == "Ada"


def test_a_second_factor_is_asked_for_all_the_same(provider):
    secret = staff.enroll_totp(known_at(provider))
    client = Client()

    back = sign_in(client, provider)
    before = is_signed_in(client)
    client.post(back["Location"], {"code": totp_code(secret)})

    assert not before
    assert is_signed_in(client)


def test_a_closed_account_stays_closed(provider):
    known_at(provider, is_active=False)
    client = Client()

    sign_in(client, provider)

    assert not is_signed_in(client)


# -- addresses ---------------------------------------------------------------------------------
@pytest.mark.parametrize("claimed", [True, False, "true", "false", 1])
def test_an_address_somebody_has_here_takes_nothing_over(provider, mailoutbox, claimed):
    ReaderFactory(email="ada@mail.example", password="a long enough one")
    provider.person["email_verified"] = claimed
    client = Client()

    sign_in(client, provider)

    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.get().has_usable_password()
    assert not re.search(r"\d{4}-\d{4}", str(mailoutbox[-1].body)), "no code to be talked out of"


def test_known_and_unknown_addresses_see_the_same(provider, mailoutbox):
    ReaderFactory(email="known@mail.example")
    seen = []

    for subject, email in (("1", "known@mail.example"), ("2", "fresh@mail.example")):
        provider.person |= {"sub": subject, "email": email, "email_verified": True}
        client = Client()
        back = sign_in(client, provider)
        page = client.get(back["Location"]).content.decode()
        page = re.sub(r'value="[A-Za-z0-9]{64}"', "", page)
        seen.append((back.status_code, back["Location"], page.replace(email, "…")))

    assert seen[0] == seen[1]


def test_where_addresses_are_trusted_a_proven_one_is_in_at_once(trusted, mailoutbox):
    client = Client()

    sign_in(client, trusted)

    assert is_signed_in(client)
    assert EmailAddress.objects.get().verified
    assert mailoutbox == []


def test_where_addresses_are_trusted_a_proven_one_signs_in_to_its_account(trusted):
    owner = ReaderFactory(email="ada@mail.example")
    client = Client()

    sign_in(client, trusted)

    assert client.session["_auth_user_id"] == str(owner.pk)
    assert SocialAccount.objects.get().user == owner


@pytest.mark.parametrize("claimed", [False, "true", "false", None, 1])
def test_even_then_what_is_not_said_to_be_proven_is_not(trusted, mailoutbox, claimed):
    ReaderFactory(email="ada@mail.example")
    trusted.person["email_verified"] = claimed
    client = Client()

    sign_in(client, trusted)

    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("has_account", [True, False])
def test_nobody_signs_up_with_an_address_of_a_refused_domain(provider, mailoutbox, has_account):
    MailDomain.objects.create(domain="mail.example", standing=MailStanding.REFUSED)
    if has_account:
        ReaderFactory(email="ada@mail.example")
    client, app = Client(), App()
    app.client.raise_request_exception = False

    page = sign_in(client, provider)
    call = by_token(app, provider.id_token())

    assert (page.status_code, call.status_code) == (400, 400)
    assert "mail_refused" in page.content.decode()
    assert "mail_refused" in call.content.decode()
    assert mailoutbox == []
    assert User.objects.count() == int(has_account)


def test_who_brought_anothers_address_is_out_once_its_owner_proves_it(provider, mailoutbox):
    sign_in(Client(), provider)  # a stranger, with Ada's address at a provider that never asked
    site = SiteFactory(origins=[ORIGIN])

    Window(site).sign_in("ada@mail.example")
    stranger = Client()
    sign_in(stranger, provider)

    assert User.objects.count() == 1
    assert not SocialAccount.objects.exists()
    assert not is_signed_in(stranger)


# -- what does not check out -------------------------------------------------------------------
def bent(**changed):
    return lambda claims: {**claims, **changed}


@pytest.mark.parametrize(
    ("bend", "why"),
    [
        (bent(nonce="another"), "of another sign-in"),
        (lambda claims: {k: v for k, v in claims.items() if k != "nonce"}, "of any sign-in"),
        (bent(nonce=7), "a nonce that is no text"),
        (bent(aud="another-client"), "for another client"),
        (bent(iss="https://evil.example"), "by another issuer"),
        (bent(exp=1_000_000_000), "expired"),
        (bent(iat=9_000_000_000), "from the future"),
        (bent(sub="somebody-else"), "of somebody else than what is said beside it"),
        (bent(sub=None), "of nobody"),
        (lambda claims: {k: v for k, v in claims.items() if k != "sub"}, "of nobody"),
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(provider, bend, why):
    known_at(provider)
    provider.bend = bend
    client = Client()

    back = sign_in(client, provider)

    assert back.status_code == 400, why
    assert "provider_refused" in back.content.decode()
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (lambda claims: sign(claims, key=ANOTHER_KEY), "another key"),
        (lambda claims: sign(claims, key=ANOTHER_KEY, kid="unknown"), "a key nobody knows"),
        (lambda claims: jwt.encode(claims, None, algorithm="none"), "no signature"),
        (lambda claims: sign(claims, key="", algorithm="none"), "no signature, and a known key"),
        (
            lambda claims: sign(claims, key="s" * 64, algorithm="HS256"),
            "a secret where a key should be",
        ),
        (lambda claims: jwt.encode(claims, KEY, algorithm="RS256"), "no key named"),
        (lambda claims: "not.a.token", "no token"),
        (lambda claims: "", "nothing"),
        (lambda claims: 7, "a number"),
    ],
)
def test_an_id_token_that_is_not_the_providers_is_refused(provider, forge, why):
    known_at(provider)
    provider.forge = forge
    client = Client()

    back = sign_in(client, provider)

    assert back.status_code == 400, why
    assert "provider_refused" in back.content.decode()
    assert not is_signed_in(client)


def test_a_state_that_this_browser_did_not_make_is_refused(provider):
    known_at(provider)
    attackers, victims = Client(), Client()
    address = provider.allow(set_out(attackers))

    back = victims.get(address)
    made_up = victims.get(f"{CALLBACK}?code=c&state=made-up")
    none = victims.get(f"{CALLBACK}?code=c")

    for answer in (back, made_up, none):
        assert answer.status_code == 400
        assert "provider_state_unknown" in answer.content.decode()
    assert not is_signed_in(victims)
    assert "/token" not in provider.asked


def test_an_answer_works_once(provider):
    known_at(provider)
    client = Client()
    address = provider.allow(set_out(client))
    client.get(address)
    client.post("/accounts/logout/")

    again = client.get(address)

    assert again.status_code == 400
    assert "provider_state_unknown" in again.content.decode()
    assert not is_signed_in(client)


def test_an_answer_comes_within_ten_minutes(provider):
    known_at(provider)
    client = Client()
    address = provider.allow(set_out(client))

    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        late = client.get(address)

    assert "provider_state_unknown" in late.content.decode()


def test_a_code_of_another_browsers_sign_in_is_refused(provider):
    known_at(provider)
    attackers, victims = Client(), Client()
    stolen = parse_qs(urlsplit(provider.allow(set_out(victims))).query)["code"][0]
    own_state = parse_qs(urlsplit(set_out(attackers)).query)["state"][0]

    back = attackers.get(f"{CALLBACK}?code={stolen}&state={own_state}")

    assert "provider_refused" in back.content.decode()
    assert not is_signed_in(attackers)


def test_who_says_no_there_reads_that_nothing_happened(provider):
    client = Client()

    back = client.get(provider.deny(set_out(client)))

    assert back.status_code == 400
    assert "You did not sign in there" in back.content.decode()
    assert 'href="/accounts/login/"' in back.content.decode()


# -- a provider that is away, or not itself -------------------------------------------------------
CONFIGURATION = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("path", "instead", "status"),
    [
        (CONFIGURATION, (500, {}), 503),
        (CONFIGURATION, (200, b"<html>"), 503),
        (CONFIGURATION, (200, ["a list"]), 503),
        (CONFIGURATION, (200, {}), 503),
        (CONFIGURATION, (200, {"issuer": "x", "authorization_endpoint": 7}), 503),
        (CONFIGURATION, (200, b"x" * 300_000), 503),
        ("/token", (500, {}), 400),
        ("/token", (200, b"\xff"), 503),
        ("/token", (302, {}), 503),
        ("/token", (200, {"access_token": "a"}), 400),
        ("/userinfo", (401, {}), 503),
        ("/userinfo", (200, ["a list"]), 503),
        ("/userinfo", (200, {}), 400),
        ("/userinfo", (302, {}), 503),
        ("/keys", (500, {}), 503),
        ("/keys", (200, {"keys": [{}]}), 400),
        ("/keys", (200, {}), 400),
    ],
)
def test_a_provider_that_fails_is_a_page_with_a_sentence_and_a_way_back(
    provider, path, instead, status
):
    known_at(provider)
    provider.instead[path] = instead
    client = Client()

    page = client.post(LOGIN) if path == CONFIGURATION else sign_in(client, provider)

    assert page.status_code == status
    assert 'href="/accounts/login/"' in page.content.decode()
    assert ("provider_away" if status == 503 else "provider_refused") in page.content.decode()
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "1", "email": 7},
        {"sub": "1", "email": ["ada@mail.example"]},
        {"sub": "x" * 192, "email": "ada@mail.example"},
        {"sub": "1", "email": "ada@mail.example", "name": {"first": "Ada"}},
        {"sub": {"a": 1}, "email": "ada@mail.example"},
    ],
)
def test_what_a_provider_says_of_other_kinds_breaks_nothing(provider, person, mailoutbox):
    provider.person = person
    client = Client()

    back = sign_in(client, provider)

    assert back.status_code in (302, 400)
    assert not is_signed_in(client)


def test_a_provider_in_our_own_network_is_not_called(provider, settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = []

    page = Client().post(LOGIN)

    assert page.status_code == 503
    assert provider.asked == []


def test_an_address_of_its_own_document_is_held_to_the_same(provider):
    """A provider may point us at the metadata of our cloud."""
    known_at(provider)
    client = Client()
    onward = set_out(client)
    usual = provider.answer(CONFIGURATION, {})[1]
    provider.instead[CONFIGURATION] = 200, {**usual, "token_endpoint": "http://169.254.169.254/t"}
    from django.core.cache import cache

    cache.clear()

    back = client.get(provider.allow(onward))

    assert back.status_code == 503
    assert "provider_away" in back.content.decode()


def test_its_configuration_is_asked_for_once_a_minute(provider):
    for _ in range(3):
        set_out(Client())

    assert provider.asked == [CONFIGURATION]


def test_setting_out_again_and_again_is_slowed_down(provider, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}

    pages = [Client().post(LOGIN) for _ in range(3)]

    assert [page.status_code for page in pages] == [200, 200, 429]
    assert "rate_limited" in pages[-1].content.decode()


# -- from the popup ----------------------------------------------------------------------------
class FromPopup(Window):
    """A popup from which a reader goes to a provider."""

    def __init__(self, provider, **changed):
        super().__init__(SiteFactory(name="The Harbour Gazette", origins=[ORIGIN]), **changed)
        self.provider = provider

    def go(self, answer=None):
        """Press the provider's button, say yes there unless told otherwise, and come back."""
        onward = set_out(self.client, next=self.address)
        back = self.client.get((answer or self.provider.allow)(onward))
        assert back["Location"] == self.address, "back to the window, whatever happened"
        assert back["Cross-Origin-Opener-Policy"] == "unsafe-none"
        return self.client.get(self.address)


def test_the_popup_offers_the_provider_and_keeps_what_it_was_opened_for(provider):
    window = FromPopup(provider)

    page = window.look()

    assert "Continue with Newsroom account" in page
    assert f'action="{LOGIN}?next={quote(window.address, safe="")}"' in page.replace("&amp;", "&")


def test_a_regular_comes_back_and_the_code_is_handed_over(provider):
    known_at(provider)

    page = FromPopup(provider).go()

    answer = Client().post(
        "/api/v1/auth/exchange",
        {"code": handed_over(page), "verifier": VERIFIER},
        content_type="application/json",
        headers={"Origin": ORIGIN},
    )
    assert answer.status_code == 200


def test_it_is_handed_over_once_and_only_to_the_window_it_was_for(provider):
    known_at(provider)
    window = FromPopup(provider)

    window.go()
    again = window.client.get(window.address)
    other = window.client.get(f"{window.address}&lang=ko")

    assert handed_over(again) is None
    assert handed_over(other) is None
    assert "Continue as" in again.content.decode()


def test_a_newcomer_proves_the_address_and_says_which_name_to_use(provider, mailoutbox):
    provider.person["name"] = "Ada Lovelace"
    window = FromPopup(provider)

    code = window.go()
    named = window.do("code", code=code_from_mail())
    done = window.do("name", name="Ada")

    assert "Check your e-mail" in code.content.decode() or code.status_code == 302
    assert "The Harbour Gazette" in mailoutbox[-1].subject + str(mailoutbox[-1].body)
    assert 'value="Ada Lovelace"' in named.content.decode()
    assert handed_over(done)
    assert User.objects.get().name == "Ada"
    assert SocialAccount.objects.exists()


def test_who_is_told_no_address_types_one(provider, mailoutbox):
    del provider.person["email"]
    window = FromPopup(provider)

    asked = window.go()
    window.do("address", email="ada@mail.example")
    window.do("code", code=code_from_mail())
    done = window.do("name", name="Ada")

    assert "we were not told your e-mail address" in asked.content.decode()
    assert handed_over(done)
    assert SocialAccount.objects.get().user.email == "ada@mail.example"


def test_typing_somebodys_address_then_takes_nothing_over(provider, mailoutbox):
    del provider.person["email"]
    ReaderFactory(email="grace@mail.example")
    window = FromPopup(provider)

    window.go()
    page = window.do("address", email="grace@mail.example")
    tried = window.do("code", code="0000-0000")

    assert "Check your e-mail" in page.content.decode()
    assert handed_over(tried) is None
    assert not SocialAccount.objects.exists()


def test_a_refused_domain_is_said_where_it_was_typed(provider, mailoutbox):
    MailDomain.objects.create(domain="mail.example", standing=MailStanding.REFUSED)
    del provider.person["email"]
    window = FromPopup(provider)

    window.go()
    refused = window.do("address", email="ada@mail.example")
    taken = window.do("address", email="ada@post.example")

    assert "cannot take addresses of this mail provider" in refused.content.decode()
    assert "Check your e-mail" in taken.content.decode()


def test_a_second_factor_is_asked_for_in_the_popup(provider):
    secret = staff.enroll_totp(known_at(provider))
    window = FromPopup(provider)

    window.go()
    page = window.do("second_factor", code=totp_code(secret))

    assert handed_over(page)


def test_who_says_no_there_is_back_at_the_first_step(provider):
    page = FromPopup(provider).go(provider.deny)

    assert "You did not sign in there" in page.content.decode()
    assert "Send me a code" in page.content.decode()


def test_what_does_not_check_out_is_said_in_the_popup(provider):
    provider.bend = bent(aud="another-client")

    page = FromPopup(provider).go()

    assert "did not work" in page.content.decode()
    assert handed_over(page) is None


def test_a_closed_account_is_told_so_in_the_popup(provider):
    known_at(provider, is_active=False)

    page = FromPopup(provider).go()

    assert "This account is closed." in page.content.decode()


# -- connected accounts --------------------------------------------------------------------------
CONNECTIONS = "/accounts/3rdparty/"


def test_connecting_adds_a_way_in(provider):
    reader = ReaderFactory(email="ada@work.example", password="a long enough one")
    client = Client()
    client.post("/accounts/login/", {"login": reader.email, "password": "a long enough one"})

    back = sign_in(client, provider, process="connect")
    page = client.get(CONNECTIONS).content.decode()

    assert back["Location"] == CONNECTIONS
    assert SocialAccount.objects.get().user == reader
    assert "Newsroom account" in page
    assert "ada@mail.example" in page


def test_an_account_elsewhere_that_is_anothers_stays_theirs(provider):
    owner = known_at(provider)
    client = Client()
    client.post(
        "/accounts/login/",
        {"login": _with_password("grace@mail.example"), "password": "a long enough one"},
    )

    sign_in(client, provider, process="connect")

    assert SocialAccount.objects.get().user == owner


def test_nobody_connects_without_signing_in(provider):
    answer = Client().post(LOGIN, {"process": "connect"})

    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/accounts/3rdparty/"


def test_connecting_and_disconnecting_want_fresh_authentication(provider):
    reader = known_at(provider)
    reader.set_password("a long enough one")
    reader.save()
    client = Client()
    client.force_login(reader)
    account = SocialAccount.objects.get()

    connecting = client.post(LOGIN, {"process": "connect"})
    leaving = client.post(CONNECTIONS, {"account": account.pk})

    for answer in (connecting, leaving):
        assert answer.status_code == 302
        assert "/accounts/reauthenticate/" in answer["Location"]
    assert SocialAccount.objects.exists()


def test_the_last_may_go_where_a_proven_address_stays(provider):
    known_at(provider)
    client = Client()
    sign_in(client, provider)

    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})

    assert not SocialAccount.objects.exists()


def test_a_provider_taken_out_of_the_file_can_be_let_go_of(provider, settings):
    known_at(provider)
    client = Client()
    sign_in(client, provider)
    settings.SOCIALACCOUNT_PROVIDERS = {}

    page = client.get(CONNECTIONS)
    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})

    assert page.status_code == 200
    assert not SocialAccount.objects.exists()


def test_nobody_disconnects_anothers(provider):
    known_at(provider)
    client = Client()
    client.post(
        "/accounts/login/",
        {"login": _with_password("grace@mail.example"), "password": "a long enough one"},
    )

    client.post(CONNECTIONS, {"account": SocialAccount.objects.get().pk})

    assert SocialAccount.objects.exists()


def _with_password(email):
    ReaderFactory(email=email, password="a long enough one")
    return email


# -- apps and first-party scripts ----------------------------------------------------------------
def by_token(app, token, **more):
    told = {"client_id": CLIENT_ID, "id_token": token}
    return app.call(
        "auth/provider/token",
        {"provider": "newsroom", "process": "login", "token": told, **more},
    )


def test_an_app_signs_in_with_an_id_token(provider):
    known_at(provider)
    app = App()

    answer = by_token(app, provider.id_token())

    assert answer.status_code == 200
    assert answer.json()["data"]["user"]["email"] == "ada@mail.example"
    assert app.token


def test_a_newcomers_app_is_asked_for_the_code(provider, mailoutbox):
    app = App()

    asked = by_token(app, provider.id_token())
    done = app.call("auth/email/verify", {"key": code_from_mail()})

    assert asked.status_code == 401
    assert done.status_code == 200
    assert SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "token",
    [
        lambda provider: provider.id_token(aud="another-client"),
        lambda provider: provider.id_token(iss="https://evil.example"),
        lambda provider: provider.id_token(exp=1_000_000_000),
        lambda provider: sign({"sub": "1"}, key=ANOTHER_KEY),
        lambda provider: jwt.encode({"sub": "1"}, None, algorithm="none"),
        lambda provider: jwt.encode({"sub": "1"}, KEY, algorithm="RS256"),
        lambda provider: sign({"sub": "1"}, key="s" * 64, algorithm="HS256"),
        lambda provider: "not.a.token",
        lambda provider: "\x00",
        lambda provider: ["a list"],
    ],
)
def test_an_apps_token_that_does_not_check_out_is_refused(provider, token):
    known_at(provider)
    app = App()

    answer = by_token(app, token(provider))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["param"] == "token"


def test_an_apps_token_for_a_closed_account_opens_nothing(provider):
    known_at(provider, is_active=False)
    app = App()

    answer = by_token(app, provider.id_token())

    assert answer.status_code in (401, 403)


def test_an_app_reads_503_while_the_provider_is_away(provider):
    provider.instead[CONFIGURATION] = 500, {}
    app = App()
    app.client.raise_request_exception = False

    answer = by_token(app, provider.id_token())

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["code"] == "provider_away"


def test_an_app_sees_who_is_offered(provider):
    config = Client().get("/_allauth/app/v1/config").json()["data"]

    assert [each["id"] for each in config["socialaccount"]["providers"]] == ["newsroom"]


def redirected(client, callback="/accounts/"):
    told = {"provider": "newsroom", "callback_url": callback, "process": "login"}
    return client.post("/_allauth/browser/v1/auth/provider/redirect", told)


def test_a_first_party_script_goes_by_redirect(provider):
    known_at(provider)
    client = Client()

    onward = redirected(client)["Location"]
    back = client.get(provider.allow(onward))

    assert back["Location"] == "/accounts/"
    assert is_signed_in(client)
    assert "nonce=" in onward


def test_its_nonce_is_held_to_as_well(provider):
    known_at(provider)
    provider.bend = bent(nonce="another")
    client = Client()

    back = client.get(provider.allow(redirected(client)["Location"]))

    assert back["Location"].startswith("/accounts/?error=")
    assert not is_signed_in(client)


def test_its_callback_stays_with_us(provider):
    answer = redirected(Client(), "https://evil.example/")

    assert answer.status_code == 401
    assert provider.asked == []
