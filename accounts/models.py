"""The player: identity and preferences. Every app may refer to it; it refers to none."""

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower


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
    # How far a price may move against an order before it is refused, unless the order says otherwise.
    default_tolerance_bps = models.PositiveIntegerField(default=100, validators=[MaxValueValidator(10_000)])
    is_simulated = models.BooleanField(default=False, help_text="One of the simulated crowd, not a person.")

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("username"), name="user_username_unique_ignoring_case"),
            models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case"),
            models.CheckConstraint(
                condition=models.Q(default_tolerance_bps__lte=10_000), name="user_tolerance_at_most_whole"
            ),
        ]
