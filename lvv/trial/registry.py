"""The npm registry that this machine uses: its address, proxy and certificates, as npm itself would read them."""

import http.client
import os
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import truststore
from packageurl import PackageURL
from packageurl.contrib.purl2url import get_download_url

from lvv.trial.console import TrialError

PATIENCE = 30  # seconds of silence
TRIES = 2


class Named(Protocol):
    """What is asked for."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...


class Settings:
    """npm's settings: what the environment says wins, then the project, then the user, then the machine."""

    def __init__(self, project: Path) -> None:
        self._found: dict[str, str] = {}
        environment = {
            name.lower().removeprefix("npm_config_").replace("_", "-"): value
            for name, value in os.environ.items()
            if name.lower().startswith("npm_config_") and value
        }
        user = Path(environment.get("userconfig") or Path.home() / ".npmrc")
        machine = Path(environment.get("globalconfig") or "/etc/npmrc")
        for file in (machine, user, project / ".npmrc"):
            self._found |= lines_of(file)
        self._found |= environment

    def __getitem__(self, name: str) -> str:
        return self._found.get(name, "")


def lines_of(file: Path) -> dict[str, str]:
    """The settings of one .npmrc; `${NAME}` stands for a variable of the environment."""
    if not file.is_file():
        return {}
    pairs = (line.partition("=") for line in file.read_text(errors="replace").splitlines() if line[:1] not in "#;")
    return {name.strip(): os.path.expandvars(value.strip().strip("\"'")) for name, _, value in pairs}


@dataclass(frozen=True)
class Registry:
    """Where packages come from. Without a setting that is the public one, whose address comes with `packageurl`."""

    settings: Settings
    opener: urllib.request.OpenerDirector

    @classmethod
    def chosen(cls, project: Path) -> "Registry":
        settings = Settings(project)
        proxies = urllib.request.getproxies()
        for scheme, proxy in (("http", settings["proxy"]), ("https", settings["https-proxy"] or settings["proxy"])):
            proxies |= {scheme: proxy} if proxy else {}
        trust = urllib.request.HTTPSHandler(context=trusted(settings["cafile"]))
        return cls(settings, urllib.request.build_opener(urllib.request.ProxyHandler(proxies), trust))

    def address(self, package: Named) -> str:
        """The address of the archive."""
        scope, _, name = package.name.rpartition("/")
        public = get_download_url(PackageURL("npm", scope or None, name, package.version).to_string())
        own = self.settings[f"{scope}:registry"] or self.settings["registry"]
        return own.rstrip("/") + urlsplit(public).path if own else str(public)

    def fetch(self, package: Named) -> bytes:
        """The archive, as it came; a connection that fails gets a second try."""
        address = self.address(package)
        for left in reversed(range(TRIES)):
            try:
                with self.opener.open(address, timeout=PATIENCE) as answer:
                    return bytes(answer.read())
            except HTTPError as refusal:
                with refusal:
                    raise refused(package, refusal) from None
            except (OSError, http.client.HTTPException) as error:
                if is_distrust(error):
                    raise TrialError(
                        "De verbinding voor de stijlbestanden wordt niet vertrouwd. Gebruikt uw proxy een eigen "
                        "certificaat? Zet dan SSL_CERT_FILE op dat bestand."
                    ) from None
                if not left:
                    raise lost(package, error) from None
        raise AssertionError(address)


def trusted(cafile: str) -> ssl.SSLContext:
    """Whom the machine trusts, and whom the settings of npm and Node add."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for file in filter(None, (cafile, os.environ.get("SSL_CERT_FILE"), os.environ.get("NODE_EXTRA_CA_CERTS"))):
        try:
            context.load_verify_locations(file)
        except (OSError, ssl.SSLError):
            raise TrialError(f"De certificaten in {file} zijn niet te lezen.") from None
    return context


def is_distrust(error: Exception) -> bool:
    return isinstance(error.reason if isinstance(error, URLError) else error, ssl.SSLCertVerificationError)


def refused(package: Named, refusal: HTTPError) -> TrialError:
    return TrialError(
        f"Het pakket {package.name} {package.version} is niet op te halen: {urlsplit(refusal.url).hostname} antwoordt "
        f"{refusal.code}."
    )


def lost(package: Named, error: Exception) -> TrialError:
    if isinstance(error, http.client.HTTPException):
        return TrialError(f"De verbinding brak af bij het ophalen van {package.name}. Start ./run opnieuw.")
    return TrialError("Geen netwerk: de stijlbestanden zijn niet op te halen. Controleer de verbinding (of de proxy).")
