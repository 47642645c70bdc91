"""The Celery application: the redistribution cycle on a queue of its own, everything slower on the default queue."""

import os

from celery import Celery

from operations.jobs.liveness import AliveWorker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("biome_exchange")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(AliveWorker)
