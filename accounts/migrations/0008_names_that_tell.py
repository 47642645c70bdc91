from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

from accounts.naming.names import cleaned_name, look_of

BATCH_ROWS = 1000


def look_at_names(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Store each player's look. Of players whose names look the same, only the first gets the look alone."""
    users: Any = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    users.update(verified_at=F("date_joined"))
    seen: set[str] = set()
    last = 0
    while batch := list(users.filter(pk__gt=last).order_by("pk")[:BATCH_ROWS]):
        for player in batch:
            player.display_name = cleaned_name(player.display_name)[:40]
            player.look, player.display_look = look_of(player.username), look_of(player.display_name)
            player.look_shared = player.look in seen
            seen.add(player.look)
        users.bulk_update(batch, ["display_name", "look", "display_look", "look_shared"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_tolerance_of_two_cycles"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(max_length=150, unique=True, verbose_name="username"),
        ),
        migrations.AddField(
            model_name="user",
            name="look",
            field=models.CharField(db_default="", db_index=True, default="", editable=False, max_length=600),
        ),
        migrations.AddField(
            model_name="user",
            name="look_shared",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="user",
            name="display_look",
            field=models.CharField(db_default="", db_index=True, default="", editable=False, max_length=160),
        ),
        migrations.AddField(
            model_name="user",
            name="verified_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(look_at_names, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                condition=models.Q(("look_shared", False), models.Q(("look", ""), _negated=True)),
                fields=("look",),
                name="user_look_unique",
            ),
        ),
        migrations.AlterModelOptions(
            name="user",
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "permissions": [("verify_player", "Can say that an address is a player's")],
            },
        ),
    ]
