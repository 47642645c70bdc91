"""Asking for a new password, and setting it by the link that came by mail."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache

from accounts.errors import ResetLinkInvalid
from accounts.forms import AskForResetForm, NewPasswordForm
from accounts.mail import sending
from accounts.passwords.reset import ask_for_reset, reset_password
from core.web.rate_limits import limit_password_resets, limit_sign_ins
from core.web.requests import get_or_post, sent_form

ASKED = (
    "If an account has this address, a link to set a new password is on its way to it."
    " It works once, and only for a short time."
)
RESET = "Your password is set, and all that was signed in has ended. Sign in with it."


@get_or_post
@never_cache
@limit_password_resets
def ask(request: HttpRequest) -> HttpResponse:
    """Have a link sent; the answer is the same whether or not an account has the address."""
    sending.require_mail()
    form = AskForResetForm(sent_form(request))
    if not form.is_valid():
        status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
        return render(request, "accounts/ask_for_reset.html", {"form": form}, status=status)
    ask_for_reset(address=form.cleaned_data["email"])
    messages.info(request, ASKED)
    return redirect("sign-in")


class SetPassword(PasswordResetConfirmView):
    """Set a new password. The link redirects to an address without its proof, which is kept in the session."""

    template_name = "accounts/set_password.html"
    form_class = NewPasswordForm  # type: ignore[assignment]  # the stubs want a subclass of Django's own form
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, unless the link was used in between."""
        token = self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN)
        try:
            reset_password(uid=self.kwargs["uidb64"], token=token, new_password=form.cleaned_data["new_password"])
        except ResetLinkInvalid:
            self.validlink = False
            return self.form_invalid(form)
        messages.success(self.request, RESET)
        return redirect(self.get_success_url())

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        """Render the page with the status that fits it: 400 for an invalid link or refused form."""
        is_refused = not self.validlink or context["form"].errors
        status = HTTPStatus.BAD_REQUEST if is_refused else HTTPStatus.OK
        return super().render_to_response(context, status=status, **options)


set_password = get_or_post(limit_sign_ins(SetPassword.as_view()))  # type: ignore[arg-type]  # the stubs know no kind of response
