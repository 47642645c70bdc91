"""A certificate for the site on loopback, and the authority that signs it, as operators get theirs from elsewhere."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificates(folder: Path, *, for_host: str) -> None:
    """Write ca.pem, fullchain.pem and privkey.pem into the folder, good for some days."""
    if (folder / "fullchain.pem").exists():
        return
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7"]
    authority = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Loopback authority"]
    _openssl(folder, "req", "-x509", *key, *authority, "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    site = ["-keyout", "privkey.pem", "-out", "fullchain.pem", "-subj", f"/CN={for_host}"]
    names = ["-addext", f"subjectAltName=DNS:{for_host}", "-addext", "basicConstraints=critical,CA:FALSE"]
    _openssl(folder, "req", "-x509", *key, *site, *names, "-CA", "ca.pem", "-CAkey", "ca.key")
    # nginx runs as another account.
    (folder / "privkey.pem").chmod(0o644)
    (folder / "ca.key").unlink()


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
