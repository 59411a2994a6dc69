"""Fingerprints and content hashes: what counts as a change, and what is hashed again."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from unbraid.common.disk import file_identity
from unbraid.common.disk.file_identity import content_sha256, contents_sha256, describe_files
from unbraid.common.fingerprint import VERSION, code_sha256, differences

OLD = 1_600_000_000  # seconds; a file last written then is settled


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The files that were really read, in order; hashes of every size are kept on disk, in a folder of their own."""
    read: list[Path] = []
    compute = file_identity._hash_file
    monkeypatch.setattr(file_identity, "_hash_file", lambda path: (read.append(path), compute(path))[1])
    monkeypatch.setattr(file_identity, "KEPT_ON_DISK", 0)
    monkeypatch.setattr(file_identity, "_remembered", {})
    monkeypatch.setenv("UNBRAID_CACHE", str(tmp_path / "cache"))
    return read


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes files written just now count as written long ago."""
    now = time.time_ns
    monkeypatch.setattr(file_identity.time, "time_ns", lambda: now() + 10**10)


def test_a_hash_is_that_of_sha256sum_and_computed_once(tmp_path: Path, hashed, monkeypatch) -> None:
    settle(monkeypatch)
    path = tmp_path / "data"
    path.write_bytes(b"content")
    assert [content_sha256(path) for _ in range(3)] == 3 * [hashlib.sha256(b"content").hexdigest()]
    assert hashed == [path]
    monkeypatch.setattr(file_identity, "_remembered", {})  # another process
    assert content_sha256(path) == hashlib.sha256(b"content").hexdigest()
    assert hashed == [path]


@pytest.mark.parametrize("remembers", [True, False])
def test_a_change_of_equal_size_whose_time_was_put_back_is_seen(tmp_path: Path, hashed, monkeypatch, remembers) -> None:
    if remembers:
        settle(monkeypatch)
    path = tmp_path / "data"
    path.write_bytes(b"one")
    os.utime(path, (OLD, OLD))
    before = content_sha256(path)
    time.sleep(0.02)
    path.write_bytes(b"two")
    os.utime(path, (OLD, OLD))
    assert content_sha256(path) != before == hashlib.sha256(b"one").hexdigest()


def test_a_file_written_a_moment_ago_is_not_trusted(tmp_path: Path, hashed) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"content")
    content_sha256(path)
    content_sha256(path)
    assert hashed == [path, path]
    assert not (tmp_path / "cache").exists()


def test_a_damaged_or_unwritable_cache_only_costs_time(tmp_path: Path, hashed, monkeypatch) -> None:
    settle(monkeypatch)
    path = tmp_path / "data"
    path.write_bytes(b"content")
    content_sha256(path)
    (kept,) = (tmp_path / "cache" / "hashes").iterdir()
    kept.write_text("cut")
    monkeypatch.setattr(file_identity, "_remembered", {})
    assert content_sha256(path) == hashlib.sha256(b"content").hexdigest()
    monkeypatch.setenv("UNBRAID_CACHE", str(path / "no_folder"))
    path.write_bytes(b"other")
    assert content_sha256(path) == hashlib.sha256(b"other").hexdigest()


@pytest.mark.parametrize("change", ["content", "name", "order"])
def test_several_files_have_one_hash(tmp_path: Path, change: str) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        file.write_text(file.name)
    before = contents_sha256(files)
    assert contents_sha256(files) == before
    if change == "content":
        files[1].write_text("changed")
    elif change == "name":
        files[1] = files[1].rename(tmp_path / "c.png")
    assert contents_sha256(files[::-1] if change == "order" else files) != before


def test_files_are_described_by_name_and_a_folder_of_pictures_by_one_hash(tmp_path: Path) -> None:
    for folder, count in (("pictures", 12), ("chunks", 2)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            (tmp_path / folder / f"{number}.bin").write_text(str(number))
    found = describe_files([tmp_path / "pictures", *sorted((tmp_path / "chunks").iterdir())])
    assert set(found) == {"0.bin", "1.bin", "pictures (12 files)"}
    (tmp_path / "pictures" / "7.bin").write_text("changed")
    assert describe_files([tmp_path / "pictures"]) != {"pictures (12 files)": found["pictures (12 files)"]}


@pytest.mark.parametrize(("old", "new", "expected"), [
    ({"artifact": "a"}, {"artifact": "a"}, []),
    ({"artifact": "a"}, {"artifact": "b"}, ["artifact changed"]),
    ({"data file": {"d.npz": 64 * "a"}}, {"data file": {"d.npz": 64 * "b"}}, ["data file changed (d.npz)"]),
    ({"hint": {}}, {"hint": {"--head": "halves"}}, ["hint changed (--head was not set, is halves)"]),
    ({"setting": {"mig.num_train": "5"}}, {"setting": {"mig.num_train": "6"}},
     ["setting changed (mig.num_train was 5, is 6)"]),
    ({VERSION: {"numpy": "1.26"}}, {VERSION: {"numpy": "2.0"}}, ["version changed (numpy was 1.26, is 2.0)"]),
    ({"a": {str(number): "1" for number in range(5)}}, {"a": {}}, [
        "a changed (0 was 1, is not set, 1 was 1, is not set, 2 was 1, is not set and 2 more)"]),
    ({}, {"artifact": "a"}, ["it has no fingerprint"]),
])
def test_differences_are_short_phrases(old, new, expected) -> None:
    assert differences(old, new) == expected


def test_other_versions_may_be_allowed() -> None:
    old, new = ({"artifact": "a", VERSION: {"numpy": version}} for version in ("1", "2"))
    assert differences(old, new, any_version=True) == []
    assert differences(old, {**new, "artifact": "b"}, any_version=True) == ["artifact changed"]


def test_code_is_hashed_by_its_content() -> None:
    assert code_sha256("common") == code_sha256("common") != code_sha256("metrics")
