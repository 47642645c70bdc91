"""`python -m deploy.rehearsals NAME [ARGUMENTS]`; without a name it lists them."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from deploy.loopback import CannotRun

#: What the rehearsals share.
TOOLS = {"__main__", "old_clients", "old_tasks", "under_load", "unlucky", "verdict", "version_before"}
HERE = Path(__file__).parent


def main() -> int:
    """Run the rehearsal that is named. Returns its exit code."""
    rehearsals = sorted({module.name for module in iter_modules([str(HERE)])} - TOOLS)
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in rehearsals:
        lines = [f"  {each:10} {_first_line(each)}" for each in rehearsals]
        sys.stderr.write("\n".join(["Which rehearsal? make rehearse RUN=", *lines, ""]))
        return 2
    # What is behind the name is the rehearsal's own.
    sys.argv = [f"deploy.rehearsals {name}", *sys.argv[2:]]
    try:
        return int(import_module(f"deploy.rehearsals.{name}").main() or 0)
    except CannotRun as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 1


def _first_line(name: str) -> str:
    module, package = HERE / f"{name}.py", HERE / name / "__init__.py"
    path = module if module.exists() else package
    return (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
