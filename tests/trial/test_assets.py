"""The assets: fetched from a registry on this machine, checked against the lock file, unpacked nowhere else."""

import base64
import hashlib
import io
import json
import ssl
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.papers import RARE
from lvv.trial.assets import install_assets, locked_packages
from lvv.trial.console import TrialError
from lvv.trial.folders import PROJECT
from lvv.trial.registry import Registry
from lvv.vendor import VENDOR_FILES

NAME, VERSION = "@proef/knop", "1.2.3"
PATH = "/@proef/knop/-/knop-1.2.3.tgz"
RARE_SCRIPTS = ("coptic", "mongolian", "syriac", "thaana", "tifinagh")
STYLE = b".knop { color: green }"


def archive_of(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return packed.getvalue()


def link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


GOOD = archive_of(("package/dist/index.css", STYLE), link("package/link", "/etc"), ("package/link/x", b"inside"))


class Shelf(ThreadingHTTPServer):
    """A registry on loopback: which archive it gives at which path, and what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Clerk)
        self.archives = {PATH: GOOD}
        self.breaks_off = False
        self.asked: list[str] = []
        self.scheme = "http"

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


class Clerk(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        archive = self.server.archives.get(self.path)
        if archive is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(archive)))
        self.end_headers()
        self.wfile.write(archive[: len(archive) // 2] if self.server.breaks_off else archive)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Shelf() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("npm_config_userconfig", "/nowhere")
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", server.address)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that needs one package."""
    (tmp_path / "package.json").write_text("{}")
    lock(tmp_path, GOOD)
    return tmp_path


def lock(project: Path, archive: bytes, folder: str = f"node_modules/{NAME}") -> None:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    packages = {"": {"name": "proef"}, folder: {"version": VERSION, "integrity": integrity}}
    (project / "package-lock.json").write_text(json.dumps({"packages": packages}))


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_what_the_lock_file_names_is_fetched_once(shelf: Shelf, project: Path) -> None:
    install_assets(project)
    install_assets(project)

    assert shelf.asked == [PATH]
    assert (project / "node_modules" / NAME / "dist" / "index.css").read_bytes() == STYLE
    assert (project / "node_modules" / NAME / "link").is_dir()
    assert files_below(project / "node_modules") == {
        ".lvv-installed",
        f"{NAME}/dist/index.css",
        f"{NAME}/link/x",
    }


def test_another_lock_file_replaces_what_was_there(shelf: Shelf, project: Path) -> None:
    install_assets(project)
    shelf.archives[PATH] = archive_of(("package/new.css", STYLE))
    lock(project, shelf.archives[PATH])

    install_assets(project)

    assert files_below(project / "node_modules") == {".lvv-installed", f"{NAME}/new.css"}


def refusal(project: Path) -> str:
    """How the fetching is refused; nothing of it stays, and what was there before does."""
    before = files_below(project)
    with pytest.raises(TrialError) as refused:
        install_assets(project)
    assert files_below(project) == before
    return str(refused.value)


def test_an_archive_with_another_hash_is_refused(shelf: Shelf, project: Path) -> None:
    install_assets(project)
    shelf.archives[PATH] = archive_of(("package/dist/index.css", b"* { display: none }"))
    (project / "package.json").write_text('{"name": "anders"}')

    assert refusal(project) == (
        "Het pakket @proef/knop 1.2.3 is niet wat package-lock.json noemt: de controlesom klopt niet. "
        "Er is niets geplaatst."
    )


@pytest.mark.parametrize("integrity", ["", "sha1-AAAA", "sha512-%"], ids=["none", "weaker", "damaged"])
def test_a_package_without_a_strong_hash_is_refused(shelf: Shelf, project: Path, integrity: str) -> None:
    packages = {f"node_modules/{NAME}": {"version": VERSION, "integrity": integrity}}
    (project / "package-lock.json").write_text(json.dumps({"packages": packages}))

    assert refusal(project) == "Voor @proef/knop staat in package-lock.json geen sha512. Er is niets opgehaald."


@pytest.mark.parametrize("name", ["package/../../../../out.css", "/tmp/lvv-out.css"], ids=["upwards", "absolute"])
def test_an_archive_writes_nowhere_else(shelf: Shelf, project: Path, name: str) -> None:
    shelf.archives[PATH] = archive_of(("package/in.css", STYLE), (name, STYLE))
    lock(project, shelf.archives[PATH])

    assert refusal(project) == f"Het pakket @proef/knop wil buiten zijn map schrijven: {name}."
    assert not Path("/tmp/lvv-out.css").exists()


def test_a_lock_file_places_nothing_outside_its_folder(shelf: Shelf, project: Path) -> None:
    lock(project, GOOD, folder="node_modules/../../knop")

    assert refusal(project).startswith("In package-lock.json staat een map die niet kan: ")


def test_what_is_no_archive_is_refused(shelf: Shelf, project: Path) -> None:
    shelf.archives[PATH] = GOOD[:60]
    lock(project, GOOD[:60])

    assert refusal(project).startswith("Het pakket @proef/knop 1.2.3 is niet uit te pakken: ")


def test_a_download_that_breaks_off_is_tried_again_and_named(shelf: Shelf, project: Path) -> None:
    shelf.breaks_off = True

    assert refusal(project) == "De verbinding brak af bij het ophalen van @proef/knop. Start ./run opnieuw."
    assert shelf.asked == [PATH, PATH]


def test_a_registry_without_the_package_is_named(shelf: Shelf, project: Path) -> None:
    shelf.archives.clear()

    assert refusal(project) == "Het pakket @proef/knop 1.2.3 is niet op te halen: 127.0.0.1 antwoordt 404."


def test_no_network_is_named(shelf: Shelf, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")

    assert refusal(project).startswith("Geen netwerk: de stijlbestanden zijn niet op te halen.")


@pytest.fixture
def certificate(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry speaks TLS, under a certificate that nobody knows."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    shelf.socket = context.wrap_socket(shelf.socket, server_side=True)
    shelf.scheme = "https"
    return folder / "cert.pem"


def test_a_certificate_that_nobody_knows_is_not_trusted(
    shelf: Shelf, certificate: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", shelf.address)

    assert refusal(project).startswith("De verbinding voor de stijlbestanden wordt niet vertrouwd.")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "npm_config_cafile"])
def test_a_certificate_that_the_environment_names_is_trusted(
    shelf: Shelf, certificate: Path, project: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", shelf.address)
    monkeypatch.setenv(variable, str(certificate))

    install_assets(project)

    assert shelf.asked == [PATH]


def test_a_proxy_of_npm_is_used(shelf: Shelf, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://registry.invalid")
    monkeypatch.setenv("npm_config_proxy", shelf.address)
    shelf.archives = {f"http://registry.invalid{PATH}": GOOD}

    install_assets(project)

    assert shelf.asked == [f"http://registry.invalid{PATH}"]


def test_the_setting_nearest_to_the_command_names_the_registry(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As npm orders them: the environment, the project's file, the user's; a scope may have a registry of its own."""
    user = tmp_path_factory.mktemp("home") / ".npmrc"
    monkeypatch.setenv("npm_config_userconfig", str(user))
    monkeypatch.setenv("MIRROR", "mirror.invalid")
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    (package,) = locked_packages(project)

    def address() -> str:
        return Registry.chosen(project).address(package)

    public = address()
    user.write_text("; ours\nregistry = https://${MIRROR}/npm/\n")
    of_user = address()
    (project / ".npmrc").write_text("registry=https://project.invalid\n")
    of_project = address()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "https://environment.invalid")
    of_environment = address()
    user.write_text("@proef:registry=https://scope.invalid\n")
    of_scope = address()

    assert public.startswith("https://") and public.endswith(PATH)
    assert (of_user, of_project, of_environment, of_scope) == (
        f"https://mirror.invalid/npm{PATH}",
        f"https://project.invalid{PATH}",
        f"https://environment.invalid{PATH}",
        f"https://scope.invalid{PATH}",
    )


def test_the_lock_file_holds_what_pages_and_papers_ask_for_and_nothing_else() -> None:
    served = {"/".join(path.split("/")[:2]) for path in VENDOR_FILES.values()}
    locked = {package.name for package in locked_packages(PROJECT)}
    assert locked - served == {f"{Path(RARE).name}/noto-sans-{script}" for script in RARE_SCRIPTS}
    assert served < locked
    assert all(len(package.digest) == 64 for package in locked_packages(PROJECT))
