from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("trading", "0008_holding_sold_basis")]

    operations = [
        migrations.AddField(
            model_name="standing",
            name="at",
            field=models.DateTimeField(default=timezone.now, help_text="When all of them were ranked."),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="standing",
            name="period",
            field=models.CharField(
                choices=[("24h", "24 hours"), ("7d", "7 days"), ("all", "All time")], max_length=3
            ),
        ),
    ]
