from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Equity, leaderboard and economy, computed from what the apps below record."""

    name = "analytics"

    def ready(self) -> None:
        """Have the check of the ledger check the hourly totals too."""
        from analytics.invariants import HOURS_INVARIANT
        from trading.invariants import rules

        rules.further_invariants.append(HOURS_INVARIANT)
