from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "0015_land_in_worth")]

    operations = [
        migrations.RemoveConstraint("transaction", "transaction_amounts_in_range"),
        # What held holds: the next migration makes sure of it without keeping writers out.
        AddConstraintNotValid(
            "transaction",
            models.CheckConstraint(
                condition=models.Q(
                    ("fee_micro__gte", 0),
                    models.Q(
                        ("fee_micro__lte", models.F("amount_micro")),
                        models.Q(
                            ("kind__in", ("fixed_price", "buy_now", "auction", "gift")), ("payee__isnull", False)
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("amount_micro__gt", 0),
                        models.Q(("amount_micro", 0), ("kind", "gift")),
                        _connector="OR",
                    ),
                ),
                name="transaction_amounts_in_range",
            ),
        ),
    ]
