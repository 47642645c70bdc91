import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What the world asks for a parcel: biome factor x share price x elevation factor, rounded up.
WEIGHT = """
    (CASE land.market_id WHEN 'ocean' THEN version.ocean_land_bps WHEN 'beach' THEN version.beach_land_bps
        WHEN 'plains' THEN version.plains_land_bps WHEN 'forest' THEN version.forest_land_bps
        WHEN 'desert' THEN version.desert_land_bps WHEN 'mountain' THEN version.mountain_land_bps
        WHEN 'snow' THEN version.snow_land_bps END)::numeric
    * greatest(1000, 10000 + floor(land.elevation_m::numeric * version.land_elevation_bps / 1000))
"""
PRICE = f"""
    div(market.cash_micro::numeric * 1000000 * {WEIGHT} + market.total_shares_micro::numeric * 100000000 - 1,
        market.total_shares_micro::numeric * 100000000)::bigint
"""
PRICED = """
    marketplace_land AS land JOIN markets_market AS market ON market.biome = land.market_id
    JOIN markets_economicsettings AS version ON version.id = market.settings_id
"""

# The newest transaction of the parcel is why it changes hands: whoever wrote it holds the parcel's lock until the end.
# Both accounts are written in one order, so that two that exchange parcels cannot block each other.
TRIGGER = f"""
CREATE FUNCTION marketplace_account_for_land() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sale record;
    took_micro bigint;
    brought_micro bigint;
BEGIN
    SELECT id, kind, payer_id, payee_id, amount_micro, fee_micro,
           EXISTS (SELECT FROM transactions AS refund WHERE refund.corrects_id = newest.id) AS is_refunded INTO sale
    FROM transactions AS newest WHERE land_id = NEW.id ORDER BY id DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    took_micro := sale.amount_micro;
    brought_micro := sale.amount_micro - sale.fee_micro;
    IF (OLD.owner_id, NEW.owner_id) IS NOT DISTINCT FROM (sale.payer_id, sale.payee_id) AND sale.is_refunded THEN
        took_micro := -took_micro;
        brought_micro := -brought_micro;
    ELSIF (NEW.owner_id, OLD.owner_id) IS DISTINCT FROM (sale.payer_id, sale.payee_id) OR sale.is_refunded THEN
        -- A change by hand: no transaction says that it took or brought anything. A law names the parcel.
        RETURN NULL;
    ELSIF sale.kind = 'gift' THEN
        SELECT {PRICE} INTO took_micro FROM {PRICED} WHERE land.id = NEW.id;
        brought_micro := took_micro;
        INSERT INTO marketplace_giftvalue (transaction_id, value_micro) VALUES (sale.id, took_micro)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO marketplace_landaccount AS account (player_id, net_micro)
    SELECT player_id, change FROM (VALUES (sale.payer_id, -took_micro), (sale.payee_id, brought_micro))
        AS changes (player_id, change)
    WHERE player_id IS NOT NULL ORDER BY player_id
    ON CONFLICT (player_id) DO UPDATE SET net_micro = account.net_micro + excluded.net_micro;
    RETURN NULL;
END $$;
CREATE TRIGGER marketplace_account_for_land AFTER UPDATE OF owner_id ON marketplace_land
    FOR EACH ROW WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION marketplace_account_for_land();
"""
NO_TRIGGER = """
DROP TRIGGER marketplace_account_for_land ON marketplace_land;
DROP FUNCTION marketplace_account_for_land();
"""

# From here on the trigger lets no parcel change hands, so what follows sees all that did. What a parcel was worth when
# it was given away before is not known any more: it counts at what it is worth now.
EARLIER_GIFTS = f"""
INSERT INTO marketplace_giftvalue (transaction_id, value_micro)
SELECT gift.id, {PRICE} FROM transactions AS gift JOIN {PRICED} ON land.id = gift.land_id WHERE gift.kind = 'gift'
"""
EARLIER_ACCOUNTS = """
INSERT INTO marketplace_landaccount (player_id, net_micro)
SELECT player_id, sum(change)
FROM (
    SELECT payer_id AS player_id, -coalesce(value_micro, amount_micro) AS change, id
    FROM transactions LEFT JOIN marketplace_giftvalue ON transaction_id = id WHERE land_id IS NOT NULL
    UNION ALL
    SELECT payee_id, coalesce(value_micro, amount_micro - fee_micro), id
    FROM transactions LEFT JOIN marketplace_giftvalue ON transaction_id = id
    WHERE land_id IS NOT NULL AND payee_id IS NOT NULL
) AS changes
WHERE NOT EXISTS (SELECT FROM transactions AS refund WHERE refund.corrects_id = changes.id)
GROUP BY player_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0005_search_indexes"),
        ("markets", "0006_land_settings"),
        ("trading", "0015_land_in_worth"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LandAccount",
            fields=[
                (
                    "player",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "net_micro",
                    models.BigIntegerField(
                        help_text="Sales without their fees, less purchases; gifts at their value then."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GiftValue",
            fields=[
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="trading.transaction",
                    ),
                ),
                ("value_micro", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
        migrations.RunSQL(EARLIER_GIFTS, migrations.RunSQL.noop),
        migrations.RunSQL(EARLIER_ACCOUNTS, migrations.RunSQL.noop),
    ]
