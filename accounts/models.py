"""The player: identity and preferences. Every app may refer to it; it refers to none."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac


class PlayerManager(UserManager["User"]):
    """Finds a player by name in any case, as names are unique in any case."""

    use_in_migrations = False

    def named(self, username: str | None) -> models.QuerySet[User]:
        """The player of this name, if there is one, by the unique index."""
        # Folded by the database, as its index is.
        return self.alias(folded=Lower("username")).filter(folded=Lower(Value(username)))

    def get_by_natural_key(self, username: str | None) -> User:
        """The player of this name. Raises User.DoesNotExist."""
        return self.named(username).get()


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

    email = models.EmailField("email address", unique=True)
    display_name = models.CharField(max_length=40, blank=True)
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

    # Whether administration asks for a code too; written by `accounts.second_factor` alone.
    second_factor_on = models.BooleanField(default=False, db_default=False, editable=False)

    objects: ClassVar[PlayerManager] = PlayerManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_username_unique_ignoring_case"),
            models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case"),
            models.CheckConstraint(
                condition=models.Q(default_tolerance_bps__lte=10_000), name="user_tolerance_at_most_whole"
            ),
        ]

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """What a session must carry to be this player's: another after a new password or a sign-out everywhere."""
        secret_part = f"{self.sign_outs}:{self.password}"
        return salted_hmac("accounts.User.session", secret_part, secret=secret, algorithm="sha256").hexdigest()


class SignIn(models.Model):
    """A way in that is open: a browser's session, or a program's pair of tokens. Deleted when it ends."""

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
