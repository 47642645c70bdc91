from __future__ import annotations

import django.core.validators
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OLD_DEFAULT_BPS, NEW_DEFAULT_BPS = 500, 2000


def raise_defaults(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give players who never chose another tolerance the new default: by the old one most of their orders were
    refused.
    """
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    users.filter(default_tolerance_bps=OLD_DEFAULT_BPS).update(default_tolerance_bps=NEW_DEFAULT_BPS)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_user_time_zone"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="default_tolerance_bps",
            field=models.PositiveIntegerField(
                default=NEW_DEFAULT_BPS, validators=[django.core.validators.MaxValueValidator(10000)]
            ),
        ),
        migrations.RunPython(raise_defaults, migrations.RunPython.noop),
    ]
