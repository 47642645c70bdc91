"""The players, for administrators."""

from __future__ import annotations

from ipaddress import ip_address

from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.lockout import forgive_failures
from accounts.models import User
from accounts.sign_out import end_ways_in
from config.admin import ReadOnlyAdmin, count_column, time_column
from config.database import short_transaction

# Refresh tokens are no administrator's business: a player's all end with a password reset or a deactivation.
admin.site.unregister([OutstandingToken, BlacklistedToken])


class PasswordResetForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # generic in its stubs only
    def save(self, commit: bool = True) -> User:
        """A reset is meant to keep somebody out: no sign-in survives it. The write locks the player's row."""
        with short_transaction():
            player: User = super().save(commit)
            end_ways_in(player=player)
        return player


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    change_password_form = PasswordResetForm
    list_display = ["username", "email", "display_name", "is_active", "is_staff", "is_simulated", "joined_at_utc"]
    list_filter = ["is_active", "is_staff", "is_superuser", "is_simulated"]
    search_fields = ["username", "email", "display_name"]
    show_full_result_count = False
    # They count the rows of every choice.
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Profile", {"fields": ["email", "display_name", "first_name", "last_name"]}),
        ("Preferences", {"fields": ["theme", "motion", "default_tolerance_bps"]}),
        ("Standing", {"fields": ["is_active", "is_simulated"]}),
        ("Permissions", {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Times", {"fields": ["last_signed_in_at_utc", "joined_at_utc"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "email", "usable_password", "password1", "password2"]}),
    ]
    readonly_fields = ["last_signed_in_at_utc", "joined_at_utc"]

    last_signed_in_at_utc = time_column("Last signed in at", "last_login")
    joined_at_utc = time_column("Joined at", "date_joined")

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Whoever is deactivated is signed out."""
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            end_ways_in(player=obj)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins: who is locked out, and an end to it."""

    list_display = ["username", "ip_address", "failures", "attempted_at_utc", "user_agent"]
    fields = ["username", "ip_address", "failures", "attempted_at_utc", "user_agent", "path_info"]
    search_fields = ["username", "ip_address"]
    search_help_text = "The whole name that was typed, or an address."
    actions: list[str] | None = ["forgive"]

    attempted_at_utc = time_column("Last failure", "attempt_time")
    failures = count_column("Failures", "failures_since_start")

    def matches(self, term: str) -> Q:
        return Q(ip_address=term) if _is_address(term) else Q(username=term.lower())

    def has_forgive_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    @admin.action(description="Forgive: let them try again now", permissions=["forgive"])
    def forgive(self, request: HttpRequest, attempts: QuerySet[AccessAttempt]) -> None:
        forgiven = forgive_failures(attempts=attempts)
        messages.success(request, f"Forgiven: {forgiven}. They can sign in again.")


def _is_address(term: str) -> bool:
    try:
        ip_address(term)
    except ValueError:
        return False
    return True
