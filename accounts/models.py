"""The player: identity and preferences. Every app may refer to it; it refers to none."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from accounts.naming.names import look_of, normal_name
from accounts.passwords.normal_form import normal_password


class PlayerManager(UserManager["User"]):
    """Finds a player by name in any case, as names are unique in any case."""

    use_in_migrations = False

    def named(self, username: str | None) -> models.QuerySet[User]:
        """Return the player of this name, if there is one, by the unique index."""
        # Folded by the database, as its index is.
        name = normal_name(username or "")
        return self.alias(folded=Lower("username")).filter(folded=Lower(Value(name)))

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the player of this name. Raises User.DoesNotExist."""
        return self.named(username).get()

    def looking_like(self, username: str, *, besides: int | None = None) -> models.QuerySet[User]:
        """Return players whose name, or whose display name, looks like this one."""
        look = look_of(username)
        alike = self.filter(models.Q(look=look) | models.Q(display_look=look))
        return alike if besides is None else alike.exclude(pk=besides)

    def _create_user_object(self, username: str, email: str | None, password: str | None, **fields: Any) -> User:
        looks = {"look": look_of(username), "display_look": look_of(fields.get("display_name", ""))}
        normal = None if password is None else normal_password(password)
        player: User = super()._create_user_object(username, email, normal, **looks, **fields)  # type: ignore[misc]
        # Django has an empty text for none.
        player.email = player.email or None
        return player


class User(AbstractUser):
    """A player, or an administrator."""

    class Theme(models.TextChoices):
        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    class Motion(models.TextChoices):
        SYSTEM = "system"
        FULL = "full"
        REDUCED = "reduced"

    # What is a name is told by `accounts.naming.names`, where one is chosen: those of earlier times go on.
    username = models.CharField("username", max_length=150, unique=True)
    # Null: none is the player's yet. Many may claim one address, and it becomes that of whoever follows the link mailed
    # to it; so an account that is opened tells nobody whether another has the address (VERIFICATION_REQUIRED).
    email = models.EmailField("email address", unique=True, null=True, blank=True)  # type: ignore[assignment]
    claimed_email = models.EmailField(max_length=254, default="", db_default="", editable=False)
    display_name = models.CharField(max_length=40, blank=True)
    # What the names look like (`accounts.naming.names.look_of`). One player has a look, but for those of earlier times
    # who share one.
    look = models.CharField(max_length=600, default="", db_default="", editable=False, db_index=True)
    look_shared = models.BooleanField(default=False, db_default=False, editable=False)
    display_look = models.CharField(max_length=160, default="", db_default="", editable=False, db_index=True)
    # Since when the address is known to be the player's: by a link in a mail, or by an administrator's word.
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    motion = models.CharField(max_length=8, choices=Motion, default=Motion.SYSTEM)
    # As "Europe/Berlin"; empty is the browser's.
    time_zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    # How far a price may move against an order before it is refused, unless the order says otherwise. Above
    # what two cycles can move it (10.25 %), for as many may come between the press and the fill, and trades besides.
    default_tolerance_bps = models.PositiveIntegerField(default=2_000, validators=[MaxValueValidator(10_000)])
    is_simulated = models.BooleanField(default=False, help_text="One of the simulated crowd, not a person.")

    # How often the player signed out everywhere: sessions of an earlier count are over.
    sign_outs = models.PositiveIntegerField(default=0, editable=False)

    # Whether administration asks for a code too; written by `accounts.sign_ins.second_factor` alone.
    second_factor_on = models.BooleanField(default=False, db_default=False, editable=False)

    objects: ClassVar[PlayerManager] = PlayerManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_username_unique_ignoring_case"),
            models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case"),
            models.UniqueConstraint(
                fields=["look"],
                condition=models.Q(look_shared=False) & ~models.Q(look=""),
                name="user_look_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(default_tolerance_bps__lte=10_000), name="user_tolerance_at_most_whole"
            ),
        ]
        permissions: ClassVar = [("verify_player", "Can say that an address is a player's")]

    @property
    def address(self) -> str:
        """Return the player's e-mail address; the one that is claimed where none is the player's yet."""
        return self.email or self.claimed_email

    @property
    def is_verified(self) -> bool:
        """Return whether the player may have a grant, give attention and move money to others."""
        return self.verified_at is not None or not settings.VERIFICATION_REQUIRED

    def set_password(self, raw_password: str | None) -> None:
        """Keep the hash of a password in its one form (RFC 8265, OpaqueString)."""
        super().set_password(None if raw_password is None else normal_password(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether it is the password, however its letters were composed.

        A password from before the normal form counts as it was typed, and is stored in that form from then on.
        """
        if raw_password is None:
            return False
        normal = normal_password(raw_password)
        if super().check_password(normal):
            return True
        if normal == raw_password or not super().check_password(raw_password):
            return False
        self.set_password(raw_password)
        self.save(update_fields=["password"])
        return True

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Return the hash that ties a session to the player. A new password or a sign-out everywhere changes it."""
        secret_part = f"{self.sign_outs}:{self.password}"
        return salted_hmac("accounts.User.session", secret_part, secret=secret, algorithm="sha256").hexdigest()


class ApiKey(models.Model):
    """A key by which a program acts for a player, within its scopes. Only a digest is kept. Deleted when it is ended,
    and some time after its own end.

    A model of our own and no library's: djangorestframework-api-key knows keys of programs and none of players, hashes
    each with a slow hasher made for passwords, and asks the database twice; django-rest-knox has tokens without scopes
    or networks. A key here has 238 random bits, so a plain SHA-256 finds it by one index.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read: what is public, and all that is the player's own"
        TRADE = "trade", "Trade: buy and sell shares and land, list and bid"
        TRANSFER = "transfer", "Transfer: send money and give land away"
        ATTENTION = "attention", "Attention: look at markets and parcels"

    player = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, editable=False, help_text="How it begins, to recognise it by.")
    digest = models.BinaryField(unique=True, editable=False, help_text="SHA-256 of the key.")
    scopes = ArrayField(models.CharField(max_length=9, choices=Scope))
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, help_text="Where it works; empty is everywhere."
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    # To the minute.
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_address = models.GenericIPAddressField(null=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(scopes=[]), name="api_key_has_scopes")]

    def __str__(self) -> str:
        return f"API key {self.pk}"

    def is_over(self, now: datetime) -> bool:
        """Return whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class SignIn(models.Model):
    """An open sign-in: a browser's session, or a program's pair of tokens. Deleted when it ends."""

    player = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    # Of a pair of tokens, empty.
    session_key = models.CharField(max_length=40, blank=True, default="", editable=False)
    device = models.CharField(max_length=80)
    address = models.GenericIPAddressField(null=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session_key"], condition=~models.Q(session_key=""), name="sign_in_session_unique"
            ),
        ]
        indexes = [models.Index(fields=["until"], name="sign_in_until")]
