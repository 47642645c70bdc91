from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Validate(ValidateConstraint):
    """Validates a constraint; backwards, makes it anew as the migration before left it: not yet validated."""

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        constraint = to_state.models[app_label, self.model_name].get_constraint_by_name(self.name)
        schema_editor.remove_constraint(model, constraint)
        schema_editor.execute(f"{constraint.create_sql(model, schema_editor)} NOT VALID", params=None)


class Migration(migrations.Migration):
    dependencies = [("trading", "0016_fee_above_a_price")]

    operations = [Validate("transaction", "transaction_amounts_in_range")]
