from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0014_transaction_balances")]

    operations = [
        # Snapshots that are there have no land until the marketplace's migration counts it; what the version before
        # writes from now on, while it still runs, leaves land out and says so by null.
        migrations.AddField(
            model_name="worthsnapshot",
            name="land_micro",
            field=models.BigIntegerField(
                db_default=0,
                help_text="The land in it. Null: written by a version that left land out, and not shown.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="worthsnapshot",
            name="land_micro",
            field=models.BigIntegerField(
                help_text="The land in it. Null: written by a version that left land out, and not shown.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="worthsnapshot",
            name="worth_micro",
            field=models.BigIntegerField(help_text="Money, shares at their price, and land at the world's."),
        ),
        migrations.AlterField(
            model_name="worthsnapshot",
            name="gain_micro",
            field=models.BigIntegerField(help_text="Of shares and land, sold so far or at their price now."),
        ),
        migrations.AlterField(
            model_name="standing",
            name="gain_micro",
            field=models.BigIntegerField(help_text="Shares and land, sold or at their price, against their cost."),
        ),
    ]
