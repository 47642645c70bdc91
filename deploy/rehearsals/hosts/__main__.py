"""The run by hand."""

import sys

from deploy.rehearsals.hosts.story import main

sys.exit(main())
