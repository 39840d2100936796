"""Fresh authentication by a mailed code, for who has no password: a page, and the app's call."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import BaseReauthenticateView
from allauth.core import ratelimit
from allauth.headless.base.response import (
    AuthenticationResponse,
    ConflictResponse,
    RateLimitResponse,
)
from allauth.headless.base.views import AuthenticatedAPIView
from allauth.headless.internal.restkit import inputs
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from accounts.fresh import FreshCode
from accounts.popup_forms import AskCode

TOO_MANY = _("Too many tries. Wait a minute, then try again.")


@method_decorator(login_required, name="dispatch")
class FreshByCodePage(BaseReauthenticateView):
    """`/accounts/reauthenticate/code/`: send a code to the account's address, and take it."""

    form_class = AskCode
    template_name = "account/reauthenticate_by_code.html"
    process: FreshCode | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.process = FreshCode.pending(request)
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "send":
            if not _may_send(request):
                return self.render_to_response(self.get_context_data(notice=TOO_MANY))
            FreshCode.begin(request)
        elif self.process:
            return super().post(request, *args, **kwargs)
        return HttpResponseRedirect(request.get_full_path())

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "code": self.process.code if self.process else None}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        self.process.finish()
        return super().form_valid(form)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        if self.process.record_invalid_attempt():
            return super().form_invalid(form)
        self.process = None
        return self.render_to_response(self.get_context_data(notice=TOO_MANY))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "process": self.process}


class CodeInput(inputs.Input):
    code = inputs.CharField(required=False, max_length=20)


class FreshByCode(AuthenticatedAPIView):
    """`POST /_allauth/…/auth/reauthenticate/code`: without `code` mails one, with it takes it.

    409 for who has to use a password or second factor, or sends a code that none waits for.
    """

    input_class = CodeInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        methods = get_adapter().get_reauthentication_methods(request.user)
        if not any(method["id"] == "code" for method in methods):
            return ConflictResponse(request)
        if not self.input.cleaned_data["code"]:
            return self.send(request)
        process = FreshCode.pending(request)
        if process is None:
            return ConflictResponse(request)
        form = AskCode({"code": self.input.cleaned_data["code"]}, code=process.code)
        if not form.is_valid():
            process.record_invalid_attempt()
            return ErrorResponse(request, input=form)
        process.finish()
        return AuthenticationResponse(request)

    def send(self, request: HttpRequest) -> HttpResponse:
        if not _may_send(request):
            return RateLimitResponse(request)
        FreshCode.begin(request)
        return APIResponse(request)


def _may_send(request: HttpRequest) -> bool:
    key = request.user.email
    return bool(ratelimit.consume(request, action="request_login_code", key=key))
