"""Every task that beat schedules exists."""

from __future__ import annotations

import pytest
from django.conf import settings

from config.celery import app


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("markets")
def test_all_of_it_can_be_done_on_a_new_exchange():
    app.loader.import_default_modules()

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        app.tasks[entry["task"]]()
