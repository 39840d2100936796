from allauth.account.views import signup
from allauth.headless.account.views import SignupView
from allauth.headless.constants import Client
from django.db import transaction
from django.urls import include, path

from accounts.pages import account_home, no_phones
from accounts.popup import signin_widget

#: allauth stores an account, then mails its code. Where no mail goes out, no account stays: who
#: signs up again would else be told by mail that there is one.
signing_up = [
    path("accounts/signup/", transaction.atomic(signup)),
    *(
        path(
            f"_allauth/{client.value}/v1/auth/signup",
            transaction.atomic(SignupView.as_api_view(client=client)),
        )
        for client in (Client.APP, Client.BROWSER)
    ),
]

urlpatterns = [
    *signing_up,
    path("_allauth/app/v1/account/phone", no_phones),
    path("_allauth/browser/v1/account/phone", no_phones),
    path("signin/widget", signin_widget, name="signin-widget"),
    path("accounts/", account_home, name="account_home"),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]
