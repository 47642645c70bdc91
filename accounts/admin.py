"""The players, for administrators."""

from __future__ import annotations

from functools import partial

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.models import User
from accounts.streams import tell_signed_out
from accounts.tokens import revoke_all_tokens
from config.database import after_commit, short_transaction


class PasswordResetForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # generic in its stubs only
    def save(self, commit: bool = True) -> User:
        """A reset is meant to keep somebody out: no refresh token survives it. The write locks the player's row."""
        with short_transaction():
            player: User = super().save(commit)
            revoke_all_tokens(player=player)
            after_commit(partial(tell_signed_out, player.pk))
        return player


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    change_password_form = PasswordResetForm
    list_display = ["username", "email", "display_name", "is_active", "is_staff", "is_simulated", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser", "is_simulated"]
    search_fields = ["username", "email", "display_name"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Profile", {"fields": ["email", "display_name", "first_name", "last_name"]}),
        ("Preferences", {"fields": ["theme", "motion", "default_tolerance_bps"]}),
        ("Standing", {"fields": ["is_active", "is_simulated"]}),
        ("Permissions", {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Times", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "email", "usable_password", "password1", "password2"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Whoever is deactivated hears no more private events."""
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            after_commit(partial(tell_signed_out, obj.pk))
