from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION transactions_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transactions are appended, never changed or deleted: record a correction instead'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER transactions_append_only BEFORE UPDATE OR DELETE ON transactions
    FOR EACH ROW EXECUTE FUNCTION transactions_append_only();
CREATE TRIGGER transactions_not_truncated BEFORE TRUNCATE ON transactions
    FOR EACH STATEMENT EXECUTE FUNCTION transactions_append_only();
"""

CHANGEABLE = """
DROP TRIGGER transactions_not_truncated ON transactions;
DROP TRIGGER transactions_append_only ON transactions;
DROP FUNCTION transactions_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("trading", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, CHANGEABLE),
        # Balances change often and no index covers them: room in each page keeps those updates in place (HOT).
        migrations.RunSQL(
            "ALTER TABLE trading_wallet SET (fillfactor = 70); ALTER TABLE trading_holding SET (fillfactor = 70);",
            "ALTER TABLE trading_wallet RESET (fillfactor); ALTER TABLE trading_holding RESET (fillfactor);",
        ),
    ]
