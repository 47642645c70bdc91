"""The administration's page for one's own password."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy

from accounts.passwords.change import change_password
from accounts.sign_ins.registry import number_of_session


class OwnPasswordForm(AdminPasswordChangeForm):
    """Django's form, which checks the current password once, when the new one is set."""

    def clean_old_password(self) -> str:
        """Return the current password exactly as typed."""
        return str(self.cleaned_data["old_password"])


class OwnPassword(PasswordChangeView):
    """Change one's own password. Every other sign-in ends, and a mail says so; this session goes on."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, or show the error of the current one."""
        try:
            player = change_password(
                player_id=form.user.pk,
                current_password=form.cleaned_data["old_password"],
                new_password=form.cleaned_data["new_password1"],
                keep=number_of_session(self.request.session),
            )
        except ValidationError as refusal:
            form.add_error("old_password", ValidationError(refusal.messages, code="password_incorrect"))
            return self.form_invalid(form)
        update_session_auth_hash(self.request, player)
        return HttpResponseRedirect(self.get_success_url())
