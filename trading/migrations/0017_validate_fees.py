from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("trading", "0016_fee_above_a_price")]

    operations = [ValidateConstraint("transaction", "transaction_amounts_in_range")]
