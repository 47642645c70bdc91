from django.db import migrations

# The table of transactions is below this app and names its rows by number; the keys that hold it to that are here.
FOREIGN_KEYS = """
    ALTER TABLE transactions
        ADD CONSTRAINT transactions_land_fk FOREIGN KEY (land_id) REFERENCES marketplace_land (id)
            DEFERRABLE INITIALLY DEFERRED,
        ADD CONSTRAINT transactions_listing_fk FOREIGN KEY (listing_id) REFERENCES marketplace_listing (id)
            DEFERRABLE INITIALLY DEFERRED;
    -- Prices, bids and owners change often: room in each page keeps most of those updates in place.
    ALTER TABLE marketplace_listing SET (fillfactor = 80);
    ALTER TABLE marketplace_land SET (fillfactor = 80);
"""
NO_KEYS = """
    ALTER TABLE transactions DROP CONSTRAINT transactions_land_fk, DROP CONSTRAINT transactions_listing_fk;
    ALTER TABLE marketplace_listing RESET (fillfactor);
    ALTER TABLE marketplace_land RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial"), ("trading", "0010_land_given")]

    operations = [migrations.RunSQL(FOREIGN_KEYS, NO_KEYS)]
