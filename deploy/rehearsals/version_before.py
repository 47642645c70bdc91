"""The code that an upgrade starts from: a tag's, in a folder of its own, run by this virtualenv."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deploy.loopback import CannotRun
from deploy.rehearsals.verdict import say
from embedded.places import CHECKOUT, make_passable

_PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>[\w.+!-]+)", re.MULTILINE)
_RELEASE = r"^Release [0-9]+(\.[0-9]+)+$"


def release_before(checkout: Path = CHECKOUT) -> str | None:
    """Return the newest tag among the ancestors of HEAD, HEAD itself left out.

    Where no tags came along, as in many clones of CI servers: the newest ancestor with the title "Release" and a
    version. None without either, or without Git.
    """
    tag = _git(checkout, "describe", "--tags", "--abbrev=0", "HEAD~1")
    return (
        tag or _git(checkout, "log", "-1", "--format=%h", "--extended-regexp", f"--grep={_RELEASE}", "HEAD~1") or None
    )


def code_of(tag: str, folder: Path, *, checkout: Path = CHECKOUT) -> Path:
    """Unpack a tag's code into a new folder, with the vendored scripts of this checkout, and return the folder.

    Says which requirements of that version this virtualenv does not meet. Raises CannotRun for an unknown tag.
    """
    packed = subprocess.run(["git", "archive", "--format=tar", tag], cwd=checkout, capture_output=True)
    if packed.returncode != 0:
        raise CannotRun(f"There is no version {tag}: {packed.stderr.decode().strip()}")
    old = folder / "old-version"
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(old, filter="data")
    add_vendored(old)
    make_passable(old)
    compile_all(old)
    for line in unmet(old / "requirements.txt"):
        say(f"        {tag} asks for {line}")
    return old


def add_vendored(checkout: Path) -> None:
    """Copy the vendored scripts, which Git does not keep, into another checkout."""
    vendor = CHECKOUT / "static" / "vendor"
    if vendor.exists():
        shutil.copytree(vendor, checkout / "static" / "vendor", dirs_exist_ok=True)


def compile_all(checkout: Path) -> None:
    """Compile a checkout's modules once, so that each of its processes need not."""
    command = [sys.executable, "-m", "compileall", "-q", "-x", "/tests/", str(checkout)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def unmet(requirements: Path) -> list[str]:
    """Return a line for each pinned requirement that is missing here or has another version."""
    found = []
    for pin in _PIN.finditer(requirements.read_text()):
        try:
            here = version(pin["name"])
        except PackageNotFoundError:
            here = "nothing"
        if here != pin["version"]:
            found.append(f"{pin['name']} {pin['version']}, and is run with {here}")
    return found


def _git(checkout: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=checkout, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
