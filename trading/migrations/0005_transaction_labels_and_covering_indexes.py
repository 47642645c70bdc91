from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('markets', '0005_candle_attention'),
        ('trading', '0004_holding_volume'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='transaction',
            name='transaction_by_payer',
        ),
        migrations.RemoveIndex(
            model_name='transaction',
            name='transaction_by_payee',
        ),
        migrations.AlterField(
            model_name='transaction',
            name='kind',
            field=models.CharField(choices=[('biome_buy', 'Bought'), ('biome_sell', 'Sold'), ('fixed_price', 'Land at a fixed price'), ('buy_now', 'Land bought now'), ('auction', 'Land auction'), ('transfer', 'Transfer'), ('topup', 'Top-up'), ('withdrawal', 'Withdrawal'), ('adjustment', 'Adjustment'), ('refund', 'Refund')], max_length=11),
        ),
        migrations.AlterField(
            model_name='transaction',
            name='source',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(kind__in=('biome_buy', 'biome_sell'), then=models.Value('biome')), models.When(kind__in=('fixed_price', 'buy_now', 'auction'), then=models.Value('marketplace')), default=models.Value('wallet')), output_field=models.CharField(choices=[('biome', 'Shares'), ('marketplace', 'Land'), ('wallet', 'Wallet')], max_length=11)),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('payer__isnull', False)), fields=['payer', '-id'], include=('kind', 'market', 'at'), name='transaction_by_payer'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('payee__isnull', False)), fields=['payee', '-id'], include=('kind', 'market', 'at'), name='transaction_by_payee'),
        ),
    ]
