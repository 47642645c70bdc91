from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('trading', '0002_append_only_and_storage'),
    ]

    operations = [
        # No query used it, and every trade wrote it.
        migrations.RemoveIndex(
            model_name='transaction',
            name='transaction_by_market',
        ),
    ]
