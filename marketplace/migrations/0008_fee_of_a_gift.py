from importlib import import_module

from django.db import migrations

_EARLIER = import_module("marketplace.migrations.0006_land_accounts")

# As it was, but that a gift brings its value less the fee that its giver pays.
FUNCTION = (
    _EARLIER.TRIGGER.partition("CREATE TRIGGER")[0]
    .replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    .replace("brought_micro := took_micro;", "brought_micro := took_micro - sale.fee_micro;")
)
BEFORE = _EARLIER.TRIGGER.partition("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0007_land_in_earlier_worth"),
        ("trading", "0016_fee_above_a_price"),
    ]

    operations = [migrations.RunSQL(FUNCTION, BEFORE)]
