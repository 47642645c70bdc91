from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("attention", "0001_initial")]

    operations = [
        # A queue that is emptied twice a second: vacuum after a number of dead rows, not after a share of none.
        migrations.RunSQL(
            "ALTER TABLE attention_waitingattention SET (autovacuum_vacuum_threshold = 2000, "
            "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);",
            "ALTER TABLE attention_waitingattention RESET (autovacuum_vacuum_threshold, "
            "autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay);",
        ),
    ]
