from allauth.account.views import password_set, signup, signup_by_passkey
from allauth.headless.account.views import SignupView
from allauth.headless.constants import Client
from django.db import transaction
from django.urls import include, path

from accounts.earlier_page import earlier_comments
from accounts.even import NewPassword
from accounts.fresh import fresh_only
from accounts.fresh_pages import FreshByCode, FreshByCodePage
from accounts.pages import account_home, avatar, no_phones, no_such_page, staff_invitation
from accounts.passkey_signup import SignUpByPasskey
from accounts.places import sign_ins
from accounts.popup import signin_widget
from accounts.profile_page import own_profile
from accounts.second_factor_pages import AddPasskeyPage, SecondFactorPage
from accounts.social.views import NAMED_PROVIDERS, apple_posts, come_back, leave

CLIENTS = (Client.APP, Client.BROWSER)
#: allauth stores an account, then mails its code. Where no mail goes out, no account stays: who
#: signs up again would else be told by mail that there is one.
signing_up = [
    path("accounts/signup/", transaction.atomic(signup)),
    path("accounts/signup/passkey/", transaction.atomic(signup_by_passkey)),
    *(
        path(f"_allauth/{client.value}/v1/auth/{call}", transaction.atomic(view(client=client)))
        for client in CLIENTS
        for call, view in (
            ("signup", SignupView.as_api_view),
            ("webauthn/signup", SignUpByPasskey.as_api_view),
        )
    ),
]

#: What allauth does otherwise for known addresses than for unknown ones.
even = [
    path(f"_allauth/{client.value}/v1/auth/password/reset", NewPassword.as_api_view(client=client))
    for client in CLIENTS
]

#: What allauth leaves to be done with a sign-in of any age, or only for who has a password.
proving = [
    path("accounts/password/set/", fresh_only(password_set)),
    path(
        "accounts/reauthenticate/code/",
        FreshByCodePage.as_view(),
        name="account_reauthenticate_by_code",
    ),
    *(
        path(
            f"_allauth/{client.value}/v1/auth/reauthenticate/code",
            FreshByCode.as_api_view(client=client),
        )
        for client in CLIENTS
    ),
]

#: Signing in elsewhere: in front of allauth's own addresses of the same names, which are there
#: whether or not a provider is offered, and which answer forms by redirects.
elsewhere = [
    path("accounts/google/login/token/", no_such_page),
    path("_allauth/app/v1/auth/provider/redirect", no_such_page),
    path("accounts/apple/login/callback/", apple_posts, {"provider": "apple"}),
    path("accounts/apple/login/callback/finish/", come_back, {"provider": "apple"}),
    *(
        path(f"accounts/{address}/{step}", view, fixed)
        for address, fixed in [
            ("oidc/<str:provider>", {}),
            *((name, {"provider": name}) for name in NAMED_PROVIDERS),
        ]
        for step, view in [("login/", leave), ("login/callback/", come_back)]
    ),
]

urlpatterns = [
    *signing_up,
    *proving,
    *even,
    *elsewhere,
    path("_allauth/app/v1/account/phone", no_phones),
    path("_allauth/browser/v1/account/phone", no_phones),
    path("avatars/<slug:digest>.webp", avatar, name="avatar"),
    path("signin/widget", signin_widget, name="signin-widget"),
    path("accounts/", account_home, name="account_home"),
    path("accounts/profile/", own_profile, name="own_profile"),
    path("accounts/earlier/", earlier_comments, name="earlier_comments"),
    path("accounts/sessions/", sign_ins, name="sign_ins"),
    path("accounts/2fa/", SecondFactorPage.as_view()),
    path("accounts/2fa/webauthn/add/", AddPasskeyPage.as_view()),
    path("accounts/invitations/<str:text>", staff_invitation, name="staff_invitation"),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]
