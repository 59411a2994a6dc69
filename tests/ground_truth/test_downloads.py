"""Downloads from a server on this machine: whole files, interrupted ones, wrong ones, archives."""

import gzip
import hashlib
import io
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from unbraid.common.errors import DataError
from unbraid.ground_truth.catalogue.about import About, DataFile
from unbraid.ground_truth.catalogue.downloads import download

CONTENT = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ABOUT = About(home="https://example.org/home", licence="none")


class Server(BaseHTTPRequestHandler):
    files: ClassVar[dict] = {}
    requests: ClassVar[list] = []
    break_after: int | None = None
    ranges = True

    def do_GET(self):
        self.requests.append(self.headers.get("Range"))
        if self.path not in self.files:
            self.send_error(404, "Gone")
            return
        content = self.files[self.path]
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.ranges else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : self.break_after])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """The handler class, whose attributes say what is served; `url` makes an address."""
    monkeypatch.setattr(Server, "files", {"/data.bin": CONTENT})
    monkeypatch.setattr(Server, "requests", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        Server.url = staticmethod(lambda name: f"http://127.0.0.1:{http.server_port}/{name}")
        yield Server
        http.shutdown()
        thread.join()


def left(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_arrives_once(server, tmp_path):
    file = DataFile("set/data.bin", server.url("data.bin"), sha256=SHA256)
    for _ in range(2):
        assert download(file, tmp_path, ABOUT).read_bytes() == CONTENT
    assert server.requests == [None]
    assert left(tmp_path) == ["data.bin"]


@pytest.mark.parametrize("ranges", [True, False], ids=["resumed", "from the start"])
def test_an_interrupted_download_goes_on(server, tmp_path, monkeypatch, ranges):
    file = DataFile("set/data.bin", server.url("data.bin"), sha256=SHA256)
    monkeypatch.setattr(server, "break_after", 700_000)
    with pytest.raises(DataError, match=r"the connection ended after 700000 of 1280000 bytes\). Run the command again"):
        download(file, tmp_path, ABOUT)
    assert left(tmp_path) == ["data.bin.part"]
    monkeypatch.setattr(server, "break_after", None)
    monkeypatch.setattr(server, "ranges", ranges)
    assert download(file, tmp_path, ABOUT).read_bytes() == CONTENT
    assert server.requests == [None, "bytes=700000-"]


def test_a_whole_part_is_not_fetched_again(server, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(CONTENT)
    file = DataFile("data.bin", server.url("data.bin"), sha256=SHA256)
    assert download(file, tmp_path, ABOUT).read_bytes() == CONTENT


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_wrong_checksum_leaves_nothing(server, tmp_path, algorithm):
    file = DataFile("data.bin", server.url("data.bin"), **{algorithm: "0" * 10})
    with pytest.raises(DataError, match=f"has the {algorithm} checksum .*; expected 0000000000. What arrived was"):
        download(file, tmp_path, ABOUT)
    assert left(tmp_path) == []


def test_a_dead_link_tells_the_way_by_hand(server, tmp_path):
    with pytest.raises(DataError, match=r"gone\.zip cannot be fetched \(HTTP Error 404: Gone\).*by hand from "
                                        r"https://example\.org/home and put it, unpacked, at .*pictures"):
        download(DataFile("pictures", server.url("gone.zip"), unpack="zip:pictures"), tmp_path, ABOUT)


def test_no_server_is_said_in_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"cannot be fetched .*refused"):
        download(DataFile("data.bin", "http://127.0.0.1:9/data.bin"), tmp_path, ABOUT)


def tar(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_gzip_files_are_unpacked(server, tmp_path):
    server.files["/dat.mat.gz"] = gzip.compress(CONTENT)
    file = DataFile("norb/dat.mat", server.url("dat.mat.gz"), unpack="gz")
    assert download(file, tmp_path, ABOUT).read_bytes() == CONTENT
    assert left(tmp_path) == ["dat.mat"]


@pytest.mark.parametrize(("kind", "pack"), [("tar", tar), ("zip", zipped)])
def test_one_folder_of_an_archive_is_kept(server, tmp_path, kind, pack):
    server.files["/archive"] = pack({"data/cars/a.mat": b"a", "data/cars/b.mat": b"b", "data/sprites/c.mat": b"c"})
    folder = download(DataFile("cars", server.url("archive"), unpack=f"{kind}:data/cars"), tmp_path, ABOUT)
    assert folder == tmp_path / "cars"
    assert left(tmp_path) == ["a.mat", "b.mat"]


@pytest.mark.parametrize("unpack", ["gz", "tar:data/cars", "zip:data/cars"])
def test_a_broken_archive_leaves_nothing(server, tmp_path, unpack):
    server.files["/archive"] = b"<html>not an archive</html>"
    with pytest.raises(DataError, match="is not a whole archive"):
        download(DataFile("cars", server.url("archive"), unpack=unpack), tmp_path, ABOUT)
    assert left(tmp_path) == []


def test_an_archive_cannot_write_outside_its_folder(server, tmp_path):
    server.files["/archive"] = tar({"data/cars/a.mat": b"a", "../../escaped": b"x"})
    with pytest.raises(DataError, match="is not a whole archive"):
        download(DataFile("deep/cars", server.url("archive"), unpack="tar:data/cars"), tmp_path, ABOUT)
    assert left(tmp_path) == []
