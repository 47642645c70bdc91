from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('markets', '0002_storage'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='tick',
            name='tick_unique_in_market',
        ),
        migrations.AddConstraint(
            model_name='tick',
            constraint=models.UniqueConstraint(fields=('cycle', 'market'), name='tick_unique_in_cycle'),
        ),
    ]
