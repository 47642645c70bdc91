from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0017_validate_fees")]

    operations = [
        migrations.AddField(
            model_name="holding",
            name="counted_micro",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="Of it, what was not traded back within a minute: what standings count.",
            ),
        ),
        migrations.AddField(
            model_name="holding",
            name="run_micro",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="Buys less sales of the newest run of trades, each within a minute.",
            ),
        ),
        migrations.AddField(
            model_name="holding",
            name="run_at",
            field=models.DateTimeField(help_text="When the newest trade was.", null=True),
        ),
        # What was traded before counts as it did.
        migrations.RunSQL(
            "UPDATE trading_holding SET counted_micro = volume_micro", migrations.RunSQL.noop, elidable=True
        ),
        migrations.AddConstraint(
            model_name="holding",
            constraint=models.CheckConstraint(
                condition=models.Q(("counted_micro__gte", 0), ("counted_micro__lte", models.F("volume_micro"))),
                name="holding_within_volume",
            ),
        ),
    ]
