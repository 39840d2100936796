"""A publisher's signed token becomes a sign-in on its site, and nothing more."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts.models import SiteProfile, SsoIdentity, SsoTokenUse, Token, User
from accounts.services import tokens
from accounts.tasks import purge
from common import clock
from notifications.services import mailing, notices
from publishers.services import sso_keys, staffing
from publishers.states import Role
from tests.accounts.people import ORIGIN, me
from tests.accounts.publishers import PAIRS, Publisher, code_of, sign_on
from tests.factories import (
    CommentFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
    ThreadFactory,
)
from tests.together import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher():
    return Publisher(SiteFactory(origins=[ORIGIN]))


def post(token, thread, **headers):
    return Client().post(
        f"/api/v1/threads/{thread.pk}/comments",
        {"body": "A fine bridge."},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "Origin": ORIGIN, **headers},
    )


# -- who comes in ----------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ["HS256", *PAIRS])
def test_a_signed_token_signs_its_reader_in_on_that_site_and_origin(algorithm):
    publisher = Publisher(SiteFactory(origins=[ORIGIN]), algorithm)

    answer = sign_on(publisher.token())

    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "expires_at"}
    assert answer["Cache-Control"] == "no-store"
    token = Token.objects.get()
    assert (token.kind, token.site, token.origin) == ("reader", publisher.site, ORIGIN)
    assert token.expires_at <= clock.now() + timedelta(days=1)
    assert me(answer.json()["token"], Origin=ORIGIN).json()["name"] == "Juniper"
    assert code_of(me(answer.json()["token"], Origin="https://other.example"))[0] == 401


def test_the_answer_is_shared_with_the_sites_own_origin():
    origin = "https://harbour.example"
    publisher = Publisher(SiteFactory(origins=[origin]))

    answer = sign_on(publisher.token(), origin=origin)

    assert answer["Access-Control-Allow-Origin"] == origin


def test_the_same_subject_is_the_same_account_and_another_is_another(publisher):
    for subject in ("reader-7", "reader-8", "reader-7"):
        assert sign_on(publisher.token(subject)).status_code == 200

    assert User.objects.count() == 2


def test_the_same_subject_of_another_site_is_another_account(publisher):
    other = Publisher(SiteFactory(origins=[ORIGIN]))

    sign_on(publisher.token("reader-7"))
    sign_on(other.token("reader-7"))

    assert User.objects.count() == 2


def test_a_token_without_a_key_id_is_tried_on_each_live_key(publisher):
    sso_keys.make_secret(site=publisher.site, name="second")

    answer = sign_on(publisher.signs(publisher.says(), kid=None))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "audience", [["https://elsewhere.example", "ours"], "ours"], ids=["among others", "alone"]
)
def test_the_audience_may_be_our_address(publisher, settings, audience):
    ours = settings.PUBLIC_URL
    named = [ours if each == "ours" else each for each in audience]

    answer = sign_on(publisher.token(aud=ours if audience == "ours" else named))

    assert answer.status_code == 200


def test_without_an_origin_the_token_is_of_no_origin(publisher):
    answer = sign_on(publisher.token(), origin=None)

    assert answer.status_code == 200
    assert Token.objects.get().origin == ""


def test_an_origin_that_the_site_has_not_registered_is_refused(publisher):
    SiteFactory(origins=["https://other.example"])

    answer = sign_on(publisher.token(), origin="https://other.example")

    assert code_of(answer) == (403, "origin_not_registered")
    assert not User.objects.exists()


def test_signing_in_asks_a_fixed_number_of_queries(publisher, django_assert_num_queries):
    for subject in ("reader-1", "reader-2"):
        sign_on(publisher.token(subject))
    token = publisher.token("reader-1")

    with django_assert_num_queries(10):  # savepoints of `atomic` and of the profile among them
        answer = sign_on(token, origin=None)

    assert answer.status_code == 200


# -- who does not ----------------------------------------------------------------------------
FORGED = {
    "no signature": lambda p: _unsigned(p.says()),
    "signed by nobody we know": lambda p: _signed(p.says(), "x" * 40, kid=p.key.kid),
    "another key's id": lambda p: _signed(p.says(), p.signs_with, kid="000000000000"),
    "a path as key id": lambda p: _signed(p.says(), p.signs_with, kid="../../dev/null"),
    "a query as key id": lambda p: _signed(p.says(), p.signs_with, kid="' OR 1=1 --"),
    "a list as key id": lambda p: _with_header(p, {"alg": "HS256", "kid": [p.key.kid]}),
    "an address of a key": lambda p: _signed(
        p.says(), "x" * 40, jku="https://keys.example/jwks", kid=p.key.kid
    ),
    "critical words we do not know": lambda p: _signed(
        p.says(), p.signs_with, crit=["exp"], kid=p.key.kid
    ),
    "no token": lambda p: "x.y.z",
    "two parts": lambda p: p.token().rpartition(".")[0],
    "a changed claim": lambda p: _swapped(p.token("reader-7"), p.token("editor")),
    "two thousand brackets": lambda p: _raw("[" * 2_000, p.says()),
    "not a number in time": lambda p: _signed(p.says(exp=float("nan")), p.signs_with),
    "endless time": lambda p: _signed(p.says(exp=float("inf")), p.signs_with),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_token_is_refused(publisher, forge):
    answer = sign_on(forge(publisher))

    assert code_of(answer) == (400, "sso_token_invalid")
    assert not User.objects.exists()


def test_a_public_key_is_no_secret():
    """RS256 verified as HS256: whoever can read the public key could sign."""
    publisher = Publisher(SiteFactory(origins=[ORIGIN]), "RS256")
    forged = _signed_by_hand(publisher.says(), publisher.key.public_key, kid=publisher.key.kid)

    answer = sign_on(forged)

    assert code_of(answer) == (400, "sso_token_invalid")


def test_the_key_says_the_algorithm_not_the_token(publisher):
    import jwt

    said = publisher.says()
    stronger = jwt.encode(said, publisher.signs_with * 2, algorithm="HS512")

    assert code_of(sign_on(stronger)) == (400, "sso_token_invalid")


MISSAID = {
    "expired": ({"iat": -400, "exp": -100}, "sso_token_expired"),
    "from the future": ({"iat": 100, "exp": 160}, "sso_token_early"),
    "not yet": ({"nbf": 100}, "sso_token_early"),
    "long-lived": ({"exp": 301}, "sso_token_claims"),
    "long-lived by its age": ({"iat": -290, "exp": 20}, "sso_token_claims"),
    "no end": ({"exp": None}, "sso_token_claims"),
    "no beginning": ({"iat": None}, "sso_token_claims"),
    "no id": ({"jti": None}, "sso_token_claims"),
    "an id that is a number": ({"jti": 7}, "sso_token_claims"),
    "an endless id": ({"jti": "x" * 151}, "sso_token_claims"),
    "no issuer": ({"iss": None}, "sso_token_claims"),
    "no audience": ({"aud": None}, "sso_token_claims"),
    "no subject": ({"sub": None}, "sso_token_claims"),
    "an empty subject": ({"sub": ""}, "sso_token_claims"),
    "a null in the subject": ({"sub": "a\x00b"}, "sso_token_claims"),
    "half a character in the subject": ({"sub": "a\ud800b"}, "sso_token_claims"),
    "a permission in words": ({"may_comment": "false"}, "sso_token_claims"),
    "another audience": ({"aud": "https://elsewhere.example"}, "sso_token_misdirected"),
    "another issuer": ({"iss": "https://news.example"}, "sso_token_misdirected"),
}


@pytest.mark.parametrize(("changed", "code"), MISSAID.values(), ids=MISSAID)
def test_a_token_that_says_the_wrong_thing_is_refused(publisher, changed, code):
    now = int(clock.now().timestamp())
    times = {
        claim: now + value
        for claim, value in changed.items()
        if claim in {"iat", "exp", "nbf"} and value is not None
    }

    answer = sign_on(publisher.token(**changed | times))

    assert code_of(answer) == (400, code)
    assert not User.objects.exists()
    if code == "sso_token_claims":
        assert answer.json()["errors"][0]["pointer"].startswith("/token/")


@pytest.mark.parametrize("issuer", [["x"], {}, 7, None, True])
def test_an_issuer_that_is_no_text_is_none(publisher, issuer):
    said = publisher.says() | {"iss": issuer}
    token = _hmac(f"{_part({'alg': 'HS256'})}.{_part(said)}", publisher.signs_with)

    assert code_of(sign_on(token)) == (400, "sso_token_misdirected")


def test_clocks_may_differ_by_half_a_minute(publisher):
    now = int(clock.now().timestamp())

    answer = sign_on(publisher.token(iat=now + 25, exp=now + 85))

    assert answer.status_code == 200


def test_every_refused_token_gets_the_same_sentence(publisher):
    refused = [sign_on("x.y.z"), sign_on(publisher.token(aud="x")), sign_on(publisher.token(exp=1))]

    assert {answer.json()["detail"] for answer in refused} == {
        "Signing in did not work. Please sign in again."
    }


def test_a_site_that_does_not_exist_answers_like_a_wrong_signature(publisher):
    other = SiteFactory.build()

    unknown = sign_on(publisher.token(iss=str(other.pk), aud=str(other.pk)))
    forged = sign_on(_signed(publisher.says(), "x" * 40))

    assert unknown.json() == forged.json()


def test_a_token_of_one_site_opens_no_other(publisher):
    other = Publisher(SiteFactory(origins=[ORIGIN]))
    theirs = str(other.site.pk)

    for changed in ({}, {"iss": theirs}, {"aud": theirs}, {"iss": theirs, "aud": theirs}):
        answer = sign_on(publisher.token(**changed), site=theirs)
        assert answer.status_code == 400

    assert not User.objects.exists()


def test_a_pair_of_keys_that_two_sites_share_does_not_join_them():
    one, other = (Publisher(SiteFactory(origins=[ORIGIN]), "EdDSA") for _ in range(2))

    answer = sign_on(one.signs(one.says(), kid=None), site=str(other.site.pk))

    assert code_of(answer) == (400, "sso_token_misdirected")


def test_a_token_works_once(publisher):
    token = publisher.token()

    first, second = sign_on(token), sign_on(token)

    assert first.status_code == 200
    assert code_of(second) == (400, "sso_token_used")


def test_a_token_id_works_once_whatever_else_the_token_says(publisher):
    sign_on(publisher.token(jti="one"))

    again = sign_on(publisher.token("reader-8", jti="one"))

    assert code_of(again) == (400, "sso_token_used")


def test_what_was_used_is_remembered_until_it_is_too_old_and_then_forgotten(publisher):
    token = publisher.token()
    sign_on(token)

    with time_machine.travel(clock.now() + timedelta(seconds=91), tick=False):
        purge()
        assert code_of(sign_on(token)) == (400, "sso_token_expired")
        assert SsoTokenUse.objects.exists()
    with time_machine.travel(clock.now() + timedelta(seconds=200), tick=False):
        purge()
        assert not SsoTokenUse.objects.exists()


@pytest.mark.parametrize("token", ["", 7, None, {"$ne": ""}, ["x"], "x" * 4_097])
def test_what_is_no_text_of_some_length_is_no_token(token):
    assert code_of(sign_on(token)) == (400, "invalid_input")


def test_a_field_that_we_do_not_know_is_refused(publisher):
    answer = sign_on(publisher.token(), email="me@mail.example")

    assert answer.json()["errors"][0]["code"] == "unknown_field"


@pytest.mark.django_db(transaction=True)
def test_of_two_that_bring_a_token_at_once_one_wins(publisher):
    token = publisher.token()

    codes = at_once(*[partial(bring, token)] * 8)

    assert sorted(codes) == [200] + [400] * 7
    assert (User.objects.count(), Token.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_new_reader_in_several_windows_is_one_account(publisher):
    codes = at_once(*[partial(bring, publisher.token()) for _ in range(8)])

    assert codes == [200] * 8
    assert (User.objects.count(), SsoIdentity.objects.count()) == (1, 1)


def bring(token):
    return sign_on(token).status_code


# -- keys ------------------------------------------------------------------------------------
def test_two_keys_are_good_until_one_is_retired(publisher):
    site = publisher.site
    following, secret = sso_keys.make_secret(site=site, name="second")
    before, after = publisher, Publisher.__new__(Publisher)
    after.site, after.algorithm, after.key, after.signs_with = site, "HS256", following, secret

    both = [sign_on(each.token()).status_code for each in (before, after)]
    sso_keys.retire(before.key)
    then = [sign_on(each.token()).status_code for each in (before, after)]

    assert (both, then) == ([200, 200], [200, 400][::-1])


def test_a_retired_key_signs_nobody_in_by_leaving_its_id_out(publisher):
    sso_keys.retire(publisher.key)

    answer = sign_on(publisher.signs(publisher.says(), kid=None))

    assert code_of(answer) == (400, "sso_token_invalid")


def test_a_keys_use_is_noted(publisher):
    sign_on(publisher.token())

    publisher.key.refresh_from_db()
    assert publisher.key.last_used_at is not None


# -- no takeover -----------------------------------------------------------------------------
def test_the_address_of_an_account_here_does_not_lead_to_it(publisher):
    local = ReaderFactory(email="ada@mail.example", name="Ada")

    sign_on(publisher.token(email="ada@mail.example", email_verified=True))

    theirs = SsoIdentity.objects.get().user
    assert theirs != local
    assert theirs.email.endswith("@sso.invalid")
    assert set(Token.objects.values_list("user", flat=True)) == {theirs.pk}
    assert not theirs.emailaddress_set.exists()


@pytest.mark.parametrize("claim", ["sub", "email", "name"])
def test_a_staff_account_cannot_be_named(publisher, claim):
    lead = ReaderFactory(email="lead@news.example", is_staff=True)
    staffing.appoint(site=publisher.site, user=lead, role=Role.OWNER)

    sign_on(publisher.token(**{claim: str(lead.pk) if claim == "sub" else lead.email}))

    assert not lead.tokens.exists()


def test_roles_in_a_token_are_passed_over(publisher):
    sign_on(
        publisher.token(
            role="ADMIN", is_staff=True, is_superuser=True, is_active=True, groups=["staff"]
        )
    )

    user = User.objects.get()
    assert not (user.is_staff or user.is_superuser or user.staff_memberships.exists())


@pytest.mark.parametrize("how", ["is_staff", "is_superuser", "member"])
def test_a_reader_who_was_given_a_role_is_not_reached_any_more(publisher, how):
    sign_on(publisher.token())
    user = User.objects.get()
    if how == "member":
        staffing.appoint(site=SiteFactory(), user=user, role=Role.MODERATOR)
    else:
        User.objects.update(**{how: True})

    answer = sign_on(publisher.token())

    assert code_of(answer) == (403, "account_of_staff")
    assert user.tokens.count() == 1


def test_a_closed_account_stays_closed(publisher):
    sign_on(publisher.token())
    User.objects.update(is_active=False)

    answer = sign_on(publisher.token())

    assert code_of(answer) == (403, "account_inactive")
    assert User.objects.count() == 1


@pytest.mark.parametrize("provider", ["publisher", "sso", "colloquy"])
def test_allauths_own_door_for_tokens_knows_no_publisher(publisher, provider):
    """There a token would become an app token, of the whole account on every site."""
    token = {"id_token": publisher.token(), "client_id": str(publisher.site.pk)}

    answer = Client().post(
        "/_allauth/app/v1/auth/provider/token",
        {"provider": provider, "process": "login", "token": token},
        content_type="application/json",
    )

    assert answer.status_code in {400, 404}
    assert not User.objects.exists()


def test_the_token_is_of_no_use_elsewhere(publisher):
    text = sign_on(publisher.token(), origin=None).json()["token"]
    elsewhere = ThreadFactory()

    assert code_of(post(text, elsewhere)) == (404, "not_found")
    for path in ("/_allauth/app/v1/auth/session", "/_allauth/app/v1/account/email"):
        assert Client().get(path, headers={"X-Session-Token": text}).status_code in {401, 410}
    cookie = Client()
    cookie.cookies["sessionid"] = text
    assert cookie.get("/api/v1/me").status_code == 401


# -- how they are shown ----------------------------------------------------------------------
def test_a_name_that_cannot_be_shown_does_not_lock_its_reader_out(publisher):
    for name in ("\u200b", "", 7, None, "\ud800", "x" * 500):
        assert sign_on(publisher.token(f"reader {name!r:.9}", name=name)).status_code == 200

    assert all(user.name and len(user.name) <= 50 for user in User.objects.all())


def test_nobody_passes_for_staff_by_a_name_in_a_token(publisher):
    ModeratorFactory(site=publisher.site, name="Grace Moreno")

    sign_on(publisher.token(name="Grace Moreno"))
    reader = SsoIdentity.objects.get().user
    assert (reader.name, reader.name_made_up) != ("Grace Moreno", False)

    sign_on(publisher.token(name="Juniper"))
    sign_on(publisher.token(name="Gracе Moreno"))
    assert SsoIdentity.objects.get().user.name == "Juniper"


def test_a_new_name_is_taken_over_and_an_old_one_leaves_the_readers_choice(publisher):
    sign_on(publisher.token(name="Juniper"))
    User.objects.update(name="June")

    sign_on(publisher.token(name="Juniper"))
    assert User.objects.get().name == "June"

    sign_on(publisher.token(name="Juniper Berry"))
    assert User.objects.get().name == "Juniper Berry"


def test_a_name_that_moderators_keep_stays(publisher):
    sign_on(publisher.token(name="Juniper"))
    lock = {"name_locked_until": clock.now() + timedelta(days=1)}
    SiteProfile.objects.filter(user=User.objects.get(), site=publisher.site).update(**lock)

    sign_on(publisher.token(name="Casino Berry"))

    assert User.objects.get().name == "Juniper"


def test_badges_are_the_newest_that_were_said(publisher):
    sign_on(publisher.token(badges=["Subscriber", 7, "x" * 31, "Subscriber"]))
    sign_on(publisher.token(badges=["Founder"]))

    assert SiteProfile.objects.get().badges == ["Founder"]


def test_nothing_is_fetched_for_a_picture_in_a_token(publisher):
    sign_on(publisher.token(picture="https://tracker.example/7.png"))

    text = sign_on(publisher.token(avatar="https://tracker.example/7.png")).json()["token"]
    assert me(text, Origin=ORIGIN).json()["avatar_url"] is None


# -- who may comment -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("subscribers_only", "Only subscribers can comment here."),
        ("verified_only", "Only readers with a verified account can comment here."),
        (None, "You can read here, but not comment."),
        ("whatever", "You can read here, but not comment."),
    ],
)
def test_who_may_not_comment_is_told_why(publisher, why, sentence):
    thread = ThreadFactory(site=publisher.site)
    claims = {"may_comment": False, "may_comment_why": why}
    text = sign_on(publisher.token(**claims)).json()["token"]

    answer = post(text, thread)

    assert code_of(answer) == (403, "may_not_comment")
    assert answer.json()["detail"] == sentence


def test_who_may_not_comment_may_still_vote_and_report(publisher):
    comment = CommentFactory(thread=ThreadFactory(site=publisher.site))
    text = sign_on(publisher.token(may_comment=False)).json()["token"]

    answer = Client().put(
        f"/api/v1/threads/{comment.thread_id}/comments/{comment.pk}/vote",
        {"value": 1},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}", "Origin": ORIGIN},
    )

    assert answer.status_code == 200


def test_the_newest_word_holds_for_every_sign_in_of_the_reader(publisher):
    thread = ThreadFactory(site=publisher.site)
    before = sign_on(publisher.token()).json()["token"]
    assert post(before, thread).status_code == 201

    sign_on(publisher.token(may_comment=False))
    tokens.forget_all()
    assert post(before, thread).status_code == 403

    sign_on(publisher.token())
    tokens.forget_all()
    assert post(before, ThreadFactory(site=publisher.site)).status_code == 201


def test_a_remembered_sign_in_hears_of_it_when_it_is_asked_after(publisher, monkeypatch):
    monkeypatch.setattr(tokens, "BELIEVED_SECONDS", 0)
    thread = ThreadFactory(site=publisher.site)
    text = sign_on(publisher.token()).json()["token"]
    assert post(text, thread).status_code == 201

    sign_on(publisher.token(may_comment=False))
    assert post(text, thread).status_code == 403


# -- mail ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("claims", "reached"),
    [
        ({"email": "j@mail.example", "email_verified": True}, ["j@mail.example"]),
        ({"email": "j@mail.example"}, []),
        ({"email": "j@mail.example", "email_verified": "true"}, []),
        ({"email": "no address", "email_verified": True}, []),
        ({"email": "j@\ud800.example", "email_verified": True}, []),
        ({}, []),
    ],
)
def test_notices_go_where_the_publisher_vouches_for(publisher, claims, reached):
    sign_on(publisher.token(**claims))
    comment = CommentFactory(thread=ThreadFactory(site=publisher.site), author=User.objects.get())
    reply = CommentFactory(parent=comment)
    notice = notices.raise_for(comment.author, kind="reply", cause="it", comment=reply)

    mailing.send(notice.pk)

    assert [sent.to[0] for sent in mail.outbox] == reached


def test_an_address_that_is_vouched_for_no_longer_is_written_to_no_longer(publisher):
    sign_on(publisher.token(email="j@mail.example", email_verified=True))
    sign_on(publisher.token())

    assert User.objects.get().mail_address == ""


# -- Coral's shape ---------------------------------------------------------------------------
def test_corals_claims_are_understood(publisher):
    reader = {
        "id": "reader-7",
        "email": "j@mail.example",
        "username": "Juniper",
        "badges": ["Subscriber"],
        "role": "ADMIN",
        "url": "https://news.example/account",
    }
    said = publisher.says_as_coral(user=reader)

    answer = sign_on(publisher.signs(said, kid=None), site=str(publisher.site.pk))

    assert answer.status_code == 200
    user = User.objects.get()
    assert (user.name, user.is_staff, user.mail_address) == ("Juniper", False, "")
    assert SiteProfile.objects.get().badges == ["Subscriber"]
    assert SsoIdentity.objects.get().subject == "reader-7"


CORAL_REFUSED = {
    "no id": ({"jti": None}, "sso_token_claims"),
    "no end": ({"exp": None}, "sso_token_claims"),
    "a year": ({"exp": 4_000_000_000}, "sso_token_claims"),
    "no reader's id": ({"user": {"username": "Juniper"}}, "sso_token_claims"),
    "another audience": ({"aud": "https://elsewhere.example"}, "sso_token_misdirected"),
    "lists for an audience": ({"aud": [["x"], {}]}, "sso_token_misdirected"),
}


@pytest.mark.parametrize(("changed", "code"), CORAL_REFUSED.values(), ids=CORAL_REFUSED)
def test_corals_claims_are_not_believed_more_than_ours(publisher, changed, code):
    said = publisher.says_as_coral(**changed)

    answer = sign_on(publisher.signs(said), site=str(publisher.site.pk))

    assert code_of(answer) == (400, code)


def test_corals_claims_need_a_secret_since_a_pair_may_serve_several_sites():
    publisher = Publisher(SiteFactory(origins=[ORIGIN]), "EdDSA")

    answer = sign_on(publisher.signs(publisher.says_as_coral()), site=str(publisher.site.pk))

    assert code_of(answer) == (400, "sso_token_claims")


def test_without_an_issuer_the_sender_names_the_site(publisher):
    assert code_of(sign_on(publisher.signs(publisher.says_as_coral()))) == (400, "sso_token_claims")


# -- forgers ---------------------------------------------------------------------------------
def _signed(said, secret, **headers):
    import jwt

    return jwt.encode(said, secret, algorithm="HS256", headers=headers)


def _unsigned(said):
    import jwt

    return jwt.encode(said, None, algorithm="none")


def _part(value):
    import base64
    import json

    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _raw(header, said):
    return f"{_part(header)}.{_part(said)}.{_part('x')}"


def _with_header(publisher, header):
    return _hmac(f"{_part(header)}.{_part(publisher.says())}", publisher.signs_with)


def _signed_by_hand(said, secret, **header):
    """PyJWT refuses to sign with a public key as secret; forgers do not."""
    return _hmac(f"{_part({'alg': 'HS256', **header})}.{_part(said)}", secret)


def _hmac(text, secret):
    import base64
    import hmac

    digest = hmac.digest(secret.encode(), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _swapped(one, other):
    header, _said, signature = one.split(".")
    return f"{header}.{other.split('.')[1]}.{signature}"
