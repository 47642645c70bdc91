from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("markets", "0001_initial")]

    operations = [
        # Seven rows that every trade and cycle changes: plenty of room for versions in place (HOT), and quick vacuums.
        migrations.RunSQL(
            "ALTER TABLE markets_market SET (fillfactor = 10, autovacuum_vacuum_threshold = 500, "
            "autovacuum_vacuum_scale_factor = 0);",
            "ALTER TABLE markets_market RESET (fillfactor, autovacuum_vacuum_threshold, "
            "autovacuum_vacuum_scale_factor);",
        ),
    ]
