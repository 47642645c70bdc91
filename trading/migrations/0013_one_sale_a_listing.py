from django.db import migrations, models

CONDITION = models.Q(listing_id__isnull=False, kind__in=("fixed_price", "buy_now", "auction"))


class Migration(migrations.Migration):
    """Builds the index beside running trades: it waits for them, and none for it.

    Remains of an interrupted attempt are replaced.
    """

    atomic = False

    dependencies = [
        ("trading", "0012_ledger_checks"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'DROP INDEX CONCURRENTLY IF EXISTS "transaction_one_sale_a_listing"', migrations.RunSQL.noop
                ),
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "transaction_one_sale_a_listing" ON "transactions" ("listing_id")'
                    """ WHERE ("listing_id" IS NOT NULL AND "kind" IN ('fixed_price', 'buy_now', 'auction'))""",
                    'DROP INDEX CONCURRENTLY "transaction_one_sale_a_listing"',
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="transaction",
                    constraint=models.UniqueConstraint(
                        condition=CONDITION, fields=("listing_id",), name="transaction_one_sale_a_listing"
                    ),
                ),
            ],
        ),
    ]
