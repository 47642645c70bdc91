"""Administration pages of the players."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address
from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.admin_lists import player_id_of
from accounts.mail.notices import tell_of_new_address
from accounts.mail.verification import verify
from accounts.models import User
from accounts.naming.names import check_username, look_of, normal_name, shown_name
from accounts.naming.uniqueness import refuse_look_alike, refuse_name_of_another, refuse_taken
from accounts.passwords.change import by_command, hash_of, set_password
from accounts.powers import holds_power, powerful_among
from accounts.sign_ins import second_factor
from accounts.sign_ins.lockout import folded_name, forgive_failures
from accounts.sign_ins.sign_out import end_ways_in, sign_out_everywhere
from core.admin import NOTHING, ActionView, ReadOnlyAdmin, ReasonForm, count_column, time_column
from core.admin_people import PeopleFilter
from core.database.transactions import after_commit

# Refresh tokens are no administrator's business: a player's all end with a password reset or a deactivation.
admin.site.unregister([OutstandingToken, BlacklistedToken, Group, TOTPDevice, StaticDevice])


#: Fields that say who may do what: to change one needs a reason.
STANDING = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")
#: Of these, what only a superuser may hand out, or else anybody who edits players could make himself one.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


def reason_field(*, required: bool) -> forms.CharField:
    """Make the field for the reason, which is kept in the record of administrators' actions."""
    return forms.CharField(
        max_length=200,
        required=required,
        widget=forms.TextInput({"class": "vTextField"}),
        help_text="Recorded with your name." if required else "Needed to change standing or permissions. Recorded.",
    )


class NamedForm(ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    """A form that sets a player's name, by the rules of registration."""

    def clean_username(self) -> str:
        """Return the normalized name. A name kept from earlier rules may stay. Raises ValidationError."""
        name = normal_name(self.cleaned_data["username"])
        if "username" in self.changed_data:
            check_username(name)
            refuse_look_alike(name, besides=self.instance.pk)
        return refuse_taken("username", name, besides=self.instance.pk)

    def clean_display_name(self) -> str:
        """Return the display name on one line. Raises ValidationError: invisible, look_alike."""
        name: str = self.cleaned_data["display_name"]
        if "display_name" not in self.changed_data:
            return name
        return refuse_name_of_another(shown_name(name), besides=self.instance.pk)


class PlayerAddForm(NamedForm, AdminUserCreationForm):  # type: ignore[type-arg]  # generic in its stubs only
    """A player whom an administrator adds. The password comes hashed, from before the database is held."""

    hashed_password: str

    class Meta:
        model = User
        fields = ("username",)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["email"].required = True

    def set_password_and_save(self, user: User, commit: bool = True, **options: Any) -> User:
        """Give the new player the hash that was made of the password."""
        user.password = self.hashed_password
        if commit:
            user.save()
        return user


class PlayerForm(NamedForm, UserChangeForm):  # type: ignore[type-arg]  # generic in its stubs only
    reason = reason_field(required=False)

    def clean_email(self) -> str | None:
        """Return the address. Raises ValidationError for none, where the player has one."""
        address: str | None = self.cleaned_data["email"]
        if not address and self.instance.email is not None:
            raise ValidationError("An account needs an e-mail address.", code="required")
        return address

    def clean(self) -> dict[str, Any]:
        """Refuse a change of standing or permissions without a reason."""
        cleaned = super().clean() or self.cleaned_data
        if set(self.changed_data) & set(STANDING) and not cleaned.get("reason"):
            self.add_error("reason", ValidationError("Give a reason: this changes permissions.", code="required"))
        return cleaned


class PasswordResetForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # generic in its stubs only
    reason = reason_field(required=True)

    def save(self, commit: bool = True) -> User:
        """Set the new password, end every sign-in of the player and tell the player."""
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        self.user: User = set_password(player_id=self.user.pk, new_password=password, may_still=by_command)
        return self.user


class ResetSecondFactorView(ActionView):
    """Turn off the second factor of a player who has lost app and recovery codes. Superusers only."""

    permission = "accounts.change_user"
    title = "Reset the second factor"
    needs_review = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        told = f"{self._player()} gets in with the password alone then, and is signed out everywhere now."
        return super().get_context_data(**context) | {"explanation": told}

    def perform(self, form: ReasonForm) -> str:
        assert self.model_admin is not None
        player = self._player()
        second_factor.turn_off(player)
        sign_out_everywhere(player_id=player.pk)
        self.model_admin.log_change(
            self.request, player, f"Reset the second factor. Reason: {form.cleaned_data['reason']}"
        )
        messages.success(self.request, f"The second factor of {player} is reset.")
        return reverse("admin:accounts_user_change", args=[player.pk])

    def _player(self) -> User:
        return get_object_or_404(User, pk=self.kwargs["player_id"], is_active=True)


class VerifyView(ActionView):
    """Mark the address of a player whom no mail reaches as verified."""

    permission = "accounts.verify_player"
    title = "Verify the address"
    needs_review = False

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        told = f"{self._player()} gets the starting grant then, gives attention and moves money to others."
        return super().get_context_data(**context) | {"explanation": told}

    def perform(self, form: ReasonForm) -> str:
        assert self.model_admin is not None
        player = verify(player_id=self._player().pk, now=timezone.now())
        self.model_admin.log_change(
            self.request, player, f"Verified the address. Reason: {form.cleaned_data['reason']}"
        )
        messages.success(self.request, f"The address of {player} is verified.")
        return reverse("admin:accounts_user_change", args=[player.pk])

    def _player(self) -> User:
        return get_object_or_404(User, pk=self.kwargs["player_id"], is_active=True)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    form = PlayerForm
    add_form = PlayerAddForm
    change_password_form = PasswordResetForm
    change_user_password_template = "admin/accounts/user/change_password.html"  # noqa: S105
    actions = ["sign_out"]
    list_display = [
        "username",
        "told_address",
        "display_name",
        "is_active",
        "is_staff",
        "is_simulated",
        "joined_at_utc",
    ]
    list_filter = [PeopleFilter, "is_active", "is_staff", "is_superuser"]
    search_fields = ["username", "email", "claimed_email", "display_name"]
    show_full_result_count = False
    # They count the rows of every choice.
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Profile", {"fields": ["email", "claimed_email", "display_name", "first_name", "last_name"]}),
        ("Preferences", {"fields": ["theme", "motion", "default_tolerance_bps"]}),
        ("Standing", {"fields": ["is_active", "is_simulated"]}),
        ("Permissions", {"fields": ["second_factor", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Reason", {"fields": ["reason"]}),
        ("Times", {"fields": ["verified", "last_signed_in_at_utc", "joined_at_utc"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "email", "usable_password", "password1", "password2"]}),
    ]
    readonly_fields = ["claimed_email", "second_factor", "verified", "last_signed_in_at_utc", "joined_at_utc"]

    last_signed_in_at_utc = time_column("Last signed in at", "last_login")
    joined_at_utc = time_column("Joined at", "date_joined")

    @admin.display(description="E-mail address", ordering="email")
    def told_address(self, player: User) -> str:
        """Return the address, with a mark where it is merely claimed."""
        return player.email or f"{player.claimed_email} (claimed)" * bool(player.claimed_email)

    @admin.display(description="Second factor")
    def second_factor(self, player: User) -> SafeString | str:
        """Return "Off", or "On" with a link that resets the second factor of a player who has lost it."""
        if second_factor.device_of(player) is None:
            return "Off"
        return format_html('On · <a href="{}">Reset</a>', reverse("admin:reset-second-factor", args=[player.pk]))

    @admin.display(description="Address verified")
    def verified(self, player: User) -> SafeString | str:
        """Return the time of verification, with a link to verify by hand a player whom no mail reaches."""
        if player.verified_at is not None:
            return f"{player.verified_at:%Y-%m-%d %H:%M} UTC"
        return format_html('No · <a href="{}">Verify</a>', reverse("admin:verify-player", args=[player.pk]))

    def get_urls(self) -> list[URLPattern]:
        reset = self.admin_site.admin_view(ResetSecondFactorView.as_view(model_admin=self))
        verify_address = self.admin_site.admin_view(VerifyView.as_view(model_admin=self))
        return [
            path("<int:player_id>/reset-second-factor/", reset, name="reset-second-factor"),
            path("<int:player_id>/verify/", verify_address, name="verify-player"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """Hash the new player's password, then do as Django does in one transaction. Raises TooManyHashes."""
        if request.method == "POST" and self.has_add_permission(request):
            is_usable = request.POST.get("usable_password") != "false"
            request.hashed_password = hash_of(request.POST.get("password1") if is_usable else None)  # type: ignore[attr-defined]
        return super().add_view(request, form_url, extra_context)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Return the order by name; in a search, which may find many of the simulated crowd, people come first."""
        return ["is_simulated", "username"] if request.GET.get(SEARCH_VAR) else ["username"]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Deny deletion to everybody: an account is deactivated instead, and its records keep its name."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Allow changes of a player who holds any power to superusers only: a new address or password would hand on
        that power.
        """
        is_above = obj is not None and not request.user.is_superuser and holds_power(obj)
        return super().has_change_permission(request, obj) and not is_above

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Make permissions read-only for all but superusers."""
        return [*self.readonly_fields, *([] if request.user.is_superuser else POWERS)]

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Return the record's text: the names of the changed fields and the reason."""
        names = [name for name in form.changed_data if name != "reason"]
        if add or isinstance(form, PasswordResetForm):
            names = [] if add else ["password"]
        what = "Added." if add else f"Changed {', '.join(names) or 'nothing'}."
        reason = form.cleaned_data.get("reason")
        return f"{what} Reason: {reason}" if reason else what

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out(self, request: HttpRequest, players: QuerySet[User]) -> None:
        """End every session, token and stream of the selected players whom the administrator may change."""
        active = list(players.filter(is_active=True))
        above = set() if request.user.is_superuser else powerful_among(active)
        chosen = [player for player in active if player.pk not in above]
        for player in chosen:
            sign_out_everywhere(player_id=player.pk)
            self.log_change(request, player, "Signed out everywhere.")
        messages.success(request, f"Signed out everywhere: {len(chosen)}.")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Prepare the player as Django does, with the hash of a new player's password."""
        if not change:
            form.hashed_password = request.hashed_password  # type: ignore[attr-defined]  # by `add_view`
        return super().save_form(request, form, change)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Save the player. A deactivated player is signed out everywhere; a new address is told to the old one."""
        obj.look, obj.display_look = look_of(obj.username), look_of(obj.display_name)
        obj.look_shared = obj.look_shared and "username" not in form.changed_data
        if obj.email is not None:
            obj.claimed_email = ""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            after_commit(partial(tell_of_new_address, obj, form.initial["email"]))
        if change and not obj.is_active:
            end_ways_in(player=obj)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins: locked-out players, and an action that lets them try again."""

    list_display = ["username", "ip_address", "failures", "attempted_at_utc", "user_agent"]
    fields = ["username", "ip_address", "failures", "attempted_at_utc", "user_agent", "path_info"]
    search_fields = ["username", "ip_address"]
    search_help_text = "The whole name that was typed, or an address."
    actions: list[str] | None = ["forgive"]

    attempted_at_utc = time_column("Last failure", "attempt_time")
    failures = count_column("Failures", "failures_since_start")

    def matches(self, term: str) -> Q:
        return Q(ip_address=term) if _is_address(term) else Q(username=folded_name(term))

    def has_forgive_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    @admin.action(description="Forgive: let them try again now", permissions=["forgive"])
    def forgive(self, request: HttpRequest, attempts: QuerySet[AccessAttempt]) -> None:
        chosen = list(attempts)
        forgiven = forgive_failures(attempts=attempts)
        for attempt in chosen:
            self.log_change(request, attempt, "Forgiven.")
        messages.success(request, f"Forgiven: {forgiven}. They can sign in again.")


@admin.register(LogEntry)
class ActionsAdmin(ReadOnlyAdmin):
    """The record of administrators' actions and their reasons, read-only and kept for good."""

    list_display = ["at_utc", "user", "action", "content_type", "object_repr", "said"]
    list_filter = ["action_flag", "content_type"]
    list_select_related = ["user", "content_type"]
    fields = ["at_utc", "user", "action", "content_type", "object_repr", "object_id", "said"]
    search_fields = ["user"]
    search_help_text = "An administrator's whole username."

    at_utc = time_column("At", "action_time")

    @admin.display(description="Action")
    def action(self, entry: LogEntry) -> str:
        return str(entry.get_action_flag_display())

    @admin.display(description="What, and why")
    def said(self, entry: LogEntry) -> str:
        return entry.get_change_message()

    def matches(self, term: str) -> Q:
        player_id = player_id_of(term)
        return NOTHING if player_id is None else Q(user=player_id)


@admin.register(Group)
class GroupsAdmin(GroupAdmin):
    """Groups, which grant permissions: only superusers make or change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.is_superuser


def _is_address(term: str) -> bool:
    try:
        ip_address(term)
    except ValueError:
        return False
    return True
