"""The file of providers, and what each named one is then asked: nothing here calls anybody."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.core.context import request_context
from allauth.socialaccount.adapter import get_adapter
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from config import environment, providers
from config.environment import Misconfigured
from config.providers import BadProviders
from tests.accounts.elsewhere import set_out

TWO = {"client_id": "id", "client_secret": "secret"}
SERVER = {**TWO, "name": "Newsroom account", "server_url": "https://id.example"}


@pytest.fixture(scope="module")
def apples_key(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "AuthKey.p8"
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def everybody(settings, apples_key):
    """All five are offered."""
    apple = {"client_id": "com.example.web,com.example.app", "team_id": "T", "key_id": "K"}
    settings.SOCIALACCOUNT_PROVIDERS = providers.in_allauths_words(
        {
            "apple": {**apple, "private_key_file": str(apples_key)},
            **dict.fromkeys(("google", "kakao", "line", "naver"), TWO),
        }
    )


# -- the file ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ('[facebook]\nclient_id = "a"', "[facebook], but providers are apple, google,"),
        ("[google]", "[google] without client_id."),
        ('[google]\nclient_id = "a"', "[google] without client_secret."),
        ('[google]\nclient_id = ""\nclient_secret = "a"', "client_id is no text."),
        ("[google]\nclient_id = 7\nclient_secret = 'a'", "client_id is no text."),
        ("[google]\nclient_id = 'a'\nclient_secret = 'b'\nsecret = 'c'", "'secret', which nobody"),
        ("google = 'a'", "something else where a table [google] should be."),
        ("oidc = 'a'", "where tables such as [oidc.newsroom] should be."),
        ("[oidc]\nnewsroom = 'a'", "something else where a table [oidc.newsroom] should be."),
        ("[naver]\nclient_id = 'a'\nclient_secret = 'b'\ntrust_addresses = true", "does not say"),
        ("[kakao]\nclient_id = 'a'\nclient_secret = 'b'\ntrust_addresses = 1", "not true or false"),
        ("[kakao]\nclient_id = 'a'\nclient_secret = 'b'\nscopes = 'a'", "scopes is no list"),
        ("[google", "which is not TOML"),
        ("\xff", "which is not TOML"),
        (
            "[apple]\nclient_id='a'\nteam_id='b'\nkey_id='c'\nprivate_key_file='/nowhere'",
            "[apple] whose private_key_file cannot be read.",
        ),
    ],
)
def test_a_file_that_is_wrong_is_one_sentence(tmp_path, told, sentence):
    path = tmp_path / "providers.toml"
    path.write_text(told, encoding="latin-1")

    with pytest.raises(BadProviders) as refused:
        providers.read(str(path), https_only=True)

    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "changed", "sentence"),
    [
        ("News room", {}, "not of a-z, 0-9 and -"),
        ("google", {}, "name is taken"),
        ("../x", {}, "not of a-z"),
        ("newsroom", {"name": "x" * 41}, "more than 40 characters"),
        ("newsroom", {"scopes": ["email"]}, "scopes has no openid"),
        ("newsroom", {"server_url": "http://id.example"}, "no plain https:// address"),
        ("newsroom", {"server_url": "https://"}, "no plain https:// address"),
        ("newsroom", {"server_url": "https://a:b@id.example"}, "no plain https:// address"),
        ("newsroom", {"server_url": "https://id.example/?a=b"}, "no plain https:// address"),
        ("newsroom", {"server_url": "https://[id.example"}, "no plain https:// address"),
        ("newsroom", {"server_url": "file:///etc/passwd"}, "no plain https:// address"),
    ],
)
def test_a_server_is_named_and_addressed_plainly(name, changed, sentence):
    with pytest.raises(BadProviders, match=sentence):
        providers.in_allauths_words({"oidc": {name: {**SERVER, **changed}}})


def test_no_file_offers_nobody():
    offered = providers.read("", https_only=True)

    assert [app for each in offered.values() for app in each["APPS"]] == []


def test_a_wrong_file_is_said_at_start(tmp_path, monkeypatch):
    path = tmp_path / "providers.toml"
    path.write_text("[google]\nclient_id = 'a'")
    monkeypatch.setenv("SIGNIN_PROVIDERS", str(path))

    with pytest.raises(Misconfigured) as refused:
        environment.read()

    assert refused.value.problems == [
        "SIGNIN_PROVIDERS has a table [google] without client_secret."
    ]


def told(name, said):
    """A sign-in with what a provider says."""
    request = RequestFactory().get("/")
    request.session, request.user = {}, AnonymousUser()
    with request_context(request):
        return get_adapter().get_provider(request, name).sociallogin_from_response(request, said)


# -- the five ------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "address", "scopes", "extra"),
    [
        (
            "google",
            "https://accounts.google.com/o/oauth2/v2/auth",
            {"openid", "email", "profile"},
            {"nonce", "code_challenge"},
        ),
        (
            "apple",
            "https://appleid.apple.com/auth/authorize",
            {"email", "name"},
            {"nonce", "response_mode"},
        ),
        ("kakao", "https://kauth.kakao.com/oauth/authorize", set(), set()),
        (
            "line",
            "https://access.line.me/oauth2/v2.1/authorize",
            {"openid", "profile"},
            {"code_challenge"},
        ),
        ("naver", "https://nid.naver.com/oauth2.0/authorize", set(), set()),
    ],
)
def test_each_is_asked_for_little_and_told_where_to_come_back(
    everybody, name, address, scopes, extra
):
    onward = set_out(Client(), f"/accounts/{name}/login/")

    asked = parse_qs(urlsplit(onward).query)
    assert onward.partition("?")[0] == address
    assert set(asked.get("scope", [""])[0].split()) == scopes
    assert asked["redirect_uri"] == [f"http://testserver/accounts/{name}/login/callback/"]
    assert asked["client_id"] == ["com.example.web" if name == "apple" else "id"]
    assert asked["state"]
    assert extra <= asked.keys()


@pytest.mark.django_db
def test_all_of_them_have_a_button(everybody, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = Client().get("/accounts/login/").content.decode()

    for name in ("Apple", "Google", "Kakao", "LINE", "Naver"):
        assert f"Continue with {name}" in page


@pytest.mark.django_db
def test_apples_form_is_kept_until_our_cookies_are_back(everybody):
    client = Client()
    state = parse_qs(urlsplit(set_out(client, "/accounts/apple/login/")).query)["state"][0]

    posted = client.post("/accounts/apple/login/callback/", {"error": "user", "state": state})
    back = client.get(posted["Location"])

    assert urlsplit(posted["Location"]).path == "/accounts/apple/login/callback/finish/"
    assert back.status_code == 400
    assert "provider_refused" in back.content.decode()


@pytest.mark.parametrize(
    ("name", "said", "uid", "email", "called"),
    [
        (
            "google",
            {"sub": "1", "email": "ada@mail.example", "email_verified": True, "name": "Ada",
             "given_name": "Ada", "family_name": "Lovelace", "picture": "https://x.example"},
            "1", "ada@mail.example", "Ada Lovelace",
        ),
        (
            "apple",
            {"sub": "2", "email": "ada@mail.example", "email_verified": "true",
             "name": {"firstName": "Ada", "lastName": "Lovelace"}, "access_token": "t",
             "refresh_token": "t"},
            "2", "ada@mail.example", "Ada Lovelace",
        ),
        (
            "kakao",
            {"id": 3, "kakao_account": {"email": "ada@mail.example", "is_email_valid": True,
             "is_email_verified": True, "profile": {"nickname": "에이다"}}},
            "3", "ada@mail.example", "에이다",
        ),
        ("line", {"userId": "U4", "displayName": "エイダ"}, "U4", "", "エイダ"),
        (
            "line",
            {"sub": "U4", "name": "エイダ", "email": "ada@mail.example"},
            "U4", "ada@mail.example", "エイダ",
        ),
        (
            "naver",
            {"id": "5", "email": "ada@mail.example", "nickname": "에이다", "mobile": "010-1"},
            "5", "ada@mail.example", "에이다",
        ),
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_what_each_says_is_read_and_little_of_it_kept(everybody, name, said, uid, email, called):
    login = told(name, said)

    assert login.account.uid == uid
    assert (login.user.email, login.user.name) == (email, called)
    assert login.account.extra_data == ({"email": email} if email else {})
    assert not any(address.verified for address in login.email_addresses), "hearsay"


@pytest.mark.parametrize(
    ("is_valid", "is_verified", "is_proven"),
    [(True, True, True), (False, True, False), (True, False, False), (None, True, False)],
)
@pytest.mark.django_db
def test_kakaos_address_is_proven_while_it_is_its_owners(
    settings, is_valid, is_verified, is_proven
):
    settings.SOCIALACCOUNT_PROVIDERS = providers.in_allauths_words(
        {"kakao": {**TWO, "trust_addresses": True}}
    )
    account = {
        "email": "ada@mail.example",
        "is_email_valid": is_valid,
        "is_email_verified": is_verified,
    }

    login = told("kakao", {"id": 3, "kakao_account": account})

    assert [address.verified for address in login.email_addresses] == [is_proven]
