from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("attention", "0002_storage")]

    operations = [
        # Totals change often and no index covers them: room in each page keeps those updates in place (HOT).
        migrations.RunSQL(
            "ALTER TABLE attention_attentiontotal SET (fillfactor = 70);",
            "ALTER TABLE attention_attentiontotal RESET (fillfactor);",
        ),
        # The queue is filled again at once: giving its empty pages back would lock out players and cycles for nothing.
        migrations.RunSQL(
            "ALTER TABLE attention_waitingattention SET (vacuum_truncate = false);",
            "ALTER TABLE attention_waitingattention RESET (vacuum_truncate);",
        ),
    ]
