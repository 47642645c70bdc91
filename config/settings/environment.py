"""The environment that settings are read from, and the checkout that they are about."""

import os
from pathlib import Path

import environ

from core.web.origins import refuse_path_prefix

env = environ.Env()

# Pages, scripts and cookies are those of a whole host.
refuse_path_prefix(os.environ)

BASE_DIR = Path(__file__).resolve().parents[2]
