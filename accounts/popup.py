"""`GET /signin/widget`: the window the widget opens on our origin, where our cookies live.

One address, a few steps; which step is next follows from the session alone. At the end stands a
one-time code for the exact origin that opened the window. allauth keeps state, tries and limits.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from allauth.account.internal.flows.logout import logout
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.account.models import EmailAddress, Login
from allauth.account.stages import EmailVerificationStage
from allauth.core import ratelimit
from allauth.core.exceptions import RateLimited
from allauth.core.internal.ratelimit import consume
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from allauth.socialaccount.internal.flows.signup import (
    clear_pending_signup,
    get_pending_signup,
    process_signup,
)
from allauth.socialaccount.models import SocialLogin
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views import View

from accounts import invitations
from accounts.codes import AddressCode, ReaderCode
from accounts.forms import ChooseName
from accounts.invitations import BadInvitation, Invitation
from accounts.popup_forms import AskAddress, AskCode, AskPassword, AskSecondFactor
from accounts.services import handover, profile
from accounts.services.mail_domains import MailRefused
from accounts.social.adapter import SUGGESTED_NAME
from accounts.social.faults import FAULTS
from accounts.social.views import BACK_IN_POPUP
from common.away import Unavailable
from common.permissions import public

TOO_MANY = _("Too many tries. Wait a minute, then try again.")
CODE_OVER = _("That code is no longer good. Ask for a new one.")
NO_ADDRESS = _("Nearly there: we were not told your e-mail address.")
CLOSED = _("This account is closed.")
PASSKEY_FAILED = _("That passkey did not work here. Try again, or use another way.")


class Popup(View):
    """Sign-in and sign-up for the widget. Refuses invitations that do not check out (400)."""

    http_method_names: ClassVar = ["get", "post", "head", "options"]
    invitation: Invitation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override(language_of(request)):
            try:
                self.invitation = invitations.read(request.GET)
            except BadInvitation as fault:
                context = {"code": fault.code}
                answer = render(request, "signin/refused.html", context, status=400)
            else:
                # Templates and adapters ask the request whose name stands above the form.
                request.signin_site = self.invitation.site  # type: ignore[attr-defined]
                answer = super().dispatch(request, *args, **kwargs)
            answer["Content-Language"] = translation.get_language()
        # The opener must stay within reach of this window, and of no other page of ours.
        answer["Cross-Origin-Opener-Policy"] = "unsafe-none"
        answer["Cache-Control"] = "no-store"
        answer["Referrer-Policy"] = "same-origin"
        return answer

    def get(self, request: HttpRequest) -> HttpResponse:
        back = request.session.pop(BACK_IN_POPUP, None)
        if back and back["address"] == request.get_full_path():
            return self.come_back(back["fault"])
        return self.show(self.step())

    def post(self, request: HttpRequest) -> HttpResponse:
        signing_in: dict[str, Callable[[], HttpResponse]] = {
            "address": self.take_address,
            "password": self.take_password,
            "passkey": self.take_passkey,
            "code": self.take_code,
            "resend": self.resend_code,
            "second_factor": self.take_second_factor,
            "back": self.start_over,
        }
        signed_in: dict[str, Callable[[], HttpResponse]] = {
            "name": self.take_name,
            "continue": self.hand_over,
            "back": self.start_over,
        }
        actions = signed_in if request.user.is_authenticated else signing_in
        action = request.POST.get("action", "")
        try:
            return actions.get(action, self.show_step)()
        except Unavailable as fault:  # mail, or the cache, in which tries are counted
            return self.away(fault, action)

    def away(self, fault: Unavailable, action: str) -> HttpResponse:
        """The step at which the reader is, the address kept; what is wrong and to try again."""
        step = "code" if action == "resend" else action
        form = AskAddress(self.request.POST) if step == "address" else self.fresh_form(step)
        answer = self.show(step, notice=fault.detail, form=form)
        answer.status_code = fault.status
        answer["Retry-After"] = str(fault.retry_after)
        return answer

    # -- which step -------------------------------------------------------------------------
    def step(self) -> str:
        """The step this session is at."""
        if self.request.user.is_authenticated:
            return "name" if self.request.user.name_made_up else "continue"
        stage = get_pending_stage(self.request)
        if stage and stage.key == AuthenticateStage.key:
            return "second_factor"
        if self.pending_code():
            return "code"
        clear_login(self.request)
        return "password" if self.request.GET.get("with") == "password" else "address"

    def pending_code(self) -> ReaderCode | AddressCode | None:
        """The code this session waits for, if it does."""
        return ReaderCode.pending(self.request) or AddressCode.pending(self.request)

    def show_step(self) -> HttpResponse:
        """On to the page of the step this session is at, so that a reload repeats nothing."""
        return HttpResponseRedirect(self.request.get_full_path())

    # -- actions ----------------------------------------------------------------------------
    def take_address(self) -> HttpResponse:
        form = AskAddress(self.request.POST)
        if not form.is_valid():
            return self.show("address", form=form)
        email = form.cleaned_data["email"]
        if elsewhere := get_pending_signup(self.request):
            return self.sign_up(elsewhere, form)
        if not ratelimit.consume(self.request, action="request_login_code", key=email):
            return self.show("address", form=_faulty(form, "email", TOO_MANY))
        ReaderCode.begin(self.request, email)
        return self.show_step()

    def take_password(self) -> HttpResponse:
        form = AskPassword(self.request.POST, request=self.request)
        if not ratelimit.consume(self.request, action="login"):
            return self.show("password", form=_faulty(form, "login", TOO_MANY))
        if not form.is_valid():
            return self.show("password", form=form)
        form.login(self.request)
        stage = get_pending_stage(self.request)
        if stage and stage.key == EmailVerificationStage.key:
            ReaderCode.begin(self.request, form.cleaned_data["login"].lower())
        return self.arrive()

    def take_passkey(self) -> HttpResponse:
        """A passkey, as the way in or as the second factor, whichever is asked for."""
        stage = get_pending_stage(self.request)
        if stage and stage.key == AuthenticateStage.key:
            form = AuthenticateWebAuthnForm(self.request.POST, user=stage.login.user)
            if not form.is_valid():
                return self.show("second_factor", notice=PASSKEY_FAILED)
            form.save()
            stage.exit()
            return self.arrive()
        form = LoginWebAuthnForm(self.request.POST)
        if not consume(self.request, app="allauth.mfa", action="webauthn_login"):
            return self.show("address", notice=TOO_MANY)
        if not form.is_valid():
            return self.show("address", notice=PASSKEY_FAILED)
        passkey = form.cleaned_data["credential"]
        perform_passwordless_login(self.request, passkey, Login(user=passkey.user))
        return self.arrive()

    def take_code(self) -> HttpResponse:
        process = self.pending_code()
        if process is None:
            return self.show("address", notice=CODE_OVER)
        form = AskCode(self.request.POST, code=process.code)
        if form.is_valid():
            try:
                process.finish()
            except MailRefused as fault:
                clear_login(self.request)
                return self.show("address", notice=fault.detail)
            return self.arrive()
        if process.record_invalid_attempt():
            return self.show("code", form=form)
        return self.show("address", notice=CODE_OVER)

    def resend_code(self) -> HttpResponse:
        process = self.pending_code()
        if process is None:
            return self.show("address", notice=CODE_OVER)
        within = ratelimit.consume(self.request, action="request_login_code", key=process.email)
        if not within or not process.can_resend:
            return self.show("code", notice=TOO_MANY)
        try:
            process.resend()
        except RateLimited:
            return self.show("code", notice=TOO_MANY)
        return self.show("code", notice=_("We sent a new code."))

    def take_second_factor(self) -> HttpResponse:
        stage = get_pending_stage(self.request)
        if stage is None or stage.key != AuthenticateStage.key:
            return self.start_over()
        form = AskSecondFactor(self.request.POST, user=stage.login.user)
        if not form.is_valid():
            return self.show("second_factor", form=form)
        form.save()
        stage.exit()
        return self.arrive()

    def take_name(self) -> HttpResponse:
        form = ChooseName(self.request.POST)
        if not form.is_valid():
            return self.show("name", form=form)
        profile.change(self.request.user, name=form.cleaned_data["name"])
        return self.hand_over()

    def start_over(self) -> HttpResponse:
        """Forget who is signed in here, or was about to be."""
        logout(self.request, show_message=False)
        clear_pending_signup(self.request)
        return self.show_step()

    def come_back(self, fault: str) -> HttpResponse:
        """From a provider, where the reader went from this window: on, or what went wrong."""
        if fault:
            return self.show(self.step(), notice=FAULTS.get(fault, Unavailable).detail)
        if get_pending_signup(self.request):
            return self.show("address", notice=NO_ADDRESS)
        return self.arrive()

    def sign_up(self, elsewhere: SocialLogin, form: AskAddress) -> HttpResponse:
        """For who signed in at a provider that told no address: theirs, to be proven here."""
        email = form.cleaned_data["email"]
        elsewhere.user.email = email
        elsewhere.email_addresses = [EmailAddress(email=email, primary=True)]
        try:
            process_signup(self.request, elsewhere)
        except MailRefused as fault:
            return self.show("address", form=_faulty(form, "email", fault.detail))
        clear_pending_signup(self.request)
        return self.arrive()

    def arrive(self) -> HttpResponse:
        """After a proof: hand over to who is signed in by it, else to the next step."""
        if self.request.user.is_authenticated:
            return self.show_step() if self.request.user.name_made_up else self.hand_over()
        if get_pending_stage(self.request):
            return self.show_step()
        return self.show("address", notice=CLOSED)

    def hand_over(self) -> HttpResponse:
        """Give the page that opened the window its one-time code: the reader has just said so."""
        code = handover.hand_over(
            user=self.request.user,
            site=self.invitation.site,
            origin=self.invitation.origin,
            challenge=self.invitation.challenge,
            session_key=self.request.session.session_key,
        )
        context = {"code": code, "way_back": self.invitation.way_back(code)}
        return self.show("done", **context)

    # -- pages ------------------------------------------------------------------------------
    def show(self, step: str, **context: Any) -> HttpResponse:
        context.setdefault("form", self.fresh_form(step))
        if step == "code" and (process := self.pending_code()):
            context |= {"email": process.email, "can_resend": process.can_resend}
        if step == "second_factor":
            context["passkey_options"] = self.passkey_options()
        context |= {"invitation": self.invitation, "other_way": self.other_way(step)}
        return render(self.request, f"signin/{step}.html", context)

    def fresh_form(self, step: str) -> forms.Form | None:
        match step:
            case "address":
                return AskAddress()
            case "password":
                return AskPassword(request=self.request)
            case "code":
                return AskCode()
            case "second_factor":
                return AskSecondFactor(user=None)
            case "name":
                suggested = self.request.session.get(SUGGESTED_NAME)
                return ChooseName(initial={"name": suggested})
        return None

    def passkey_options(self) -> dict[str, Any] | None:
        """What the browser is to ask the reader's passkeys, where they have any."""
        stage = get_pending_stage(self.request)
        if stage is None or not is_mfa_enabled(stage.login.user, [Authenticator.Type.WEBAUTHN]):
            return None
        return webauthn.begin_authentication(stage.login.user)

    def other_way(self, step: str) -> str:
        """The address of the other first step: by password from by code, and back."""
        query = self.request.GET.copy()
        query.pop("with", None)
        if step != "password":
            query["with"] = "password"
        return f"?{query.urlencode()}"


def language_of(request: HttpRequest) -> str:
    """`lang` where we speak it, else what the browser prefers (LocaleMiddleware found it)."""
    asked = request.GET.get("lang", "").partition("-")[0]
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language()


def _faulty(form: forms.Form, field: str, fault: Any) -> forms.Form:
    form.add_error(field, fault)
    return form


signin_widget = public(Popup.as_view())
