"""Settings of the whole site, in a module for each concern.

Every value that a deployment may change is read from the environment, by name.

In the embedded run (`make run`, `manage.py`, the tests) `embedded` has set DATABASE_URL and REDIS_URL before
this package is read. Everything economic that an administrator changes at run time lives in `markets.EconomicSettings`.
"""

import os

from config.settings.accounts import *
from config.settings.api import *
from config.settings.components import *
from config.settings.environment import *
from config.settings.exchange import *
from config.settings.hosting import *
from config.settings.land import *
from config.settings.monitoring import *
from config.settings.security import *
from config.settings.tasks import *
from core.production_checks import refuse_unsafe

if PRODUCTION:
    refuse_unsafe(globals(), os.environ)
