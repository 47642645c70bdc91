"""The WSGI application of pages, administration and API."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# What the program itself is made of never becomes garbage: the collector need not look at it again and again.
gc.collect()
gc.freeze()
