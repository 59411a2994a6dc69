"""unbraid-data from end to end: what it prints, what it writes, and how it exits."""

import numpy as np
import pytest
from fake_data_files import DSPRITES, write_npz, write_shapes3d_h5
from PIL import Image

from unbraid.ground_truth.__main__ import main
from unbraid.ground_truth.catalogue.about import About, DataFile
from unbraid.ground_truth.catalogue.descriptions import downloadable
from unbraid.ground_truth.catalogue.preview import cycle, moving_preview, preview
from unbraid.ground_truth.catalogue.verification import verify_sprites
from unbraid.ground_truth.drawing.dsprites_raster import draw_sprites
from unbraid.ground_truth.registry import data_sets
from unbraid.ground_truth.sets import cars3d, dsprites, shapes3d


def test_list_shows_every_data_set(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in data_sets())
    assert "3 6 40 32 32" in printed


def test_info_says_where_the_file_goes(capsys, empty_root):
    assert main(["info", "shapes3d"]) == 0
    printed = capsys.readouterr().out
    assert str(empty_root / "3dshapes/3dshapes.h5") in printed
    assert "azimuth" in printed
    assert "Apache-2.0" in printed
    assert "missing" in printed


def test_an_unknown_name_is_answered_with_suggestions(capsys):
    assert main(["info", "shape3d"]) == 2
    assert "Unknown data set 'shape3d'. Did you mean shapes3d" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["verify", "preview", "download", "info"])
def test_every_subcommand_has_help(name, capsys):
    with pytest.raises(SystemExit) as status:
        main([name, "--help"])
    assert status.value.code == 0
    assert "NAME" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["dsprites_full", "noisy_dsprites", "threeDots", "dummy_data"])
def test_preview_writes_one_row_for_each_factor(tmp_path, name, capsys):
    output = tmp_path / "preview.png"
    assert main(["preview", name, "--output", str(output), "--columns", "4"]) == 0
    num_factors = data_sets()[name]().num_factors
    with Image.open(output) as picture:
        assert picture.size == (110 + 4 * 66, num_factors * 66)


def test_preview_holds_everything_else_fixed():
    picture = preview(data_sets()["noisy_dsprites"](), num_columns=3)
    corners = [picture[row * 66 : row * 66 + 3, 110 + column * 66 : 113 + column * 66] for row in range(5)
               for column in range(3)]
    assert all((corner == corners[0]).all() for corner in corners)


def test_preview_of_a_users_file(tmp_path, capsys):
    path = write_npz(tmp_path / "mine.npz", images=np.full((6, 8, 8, 1), 200, np.uint8), factor_sizes=np.array([2, 3]))
    output = tmp_path / "mine.png"
    assert main(["preview", "custom", "--output", str(output), "--gin_bindings", f"custom_data.path = '{path}'"]) == 0
    assert output.exists()
    assert "6 images, 8 x 8 x 1" in capsys.readouterr().out


@pytest.mark.parametrize("shape", [(8, 20), (20, 8)])
@pytest.mark.parametrize("factors", [None, np.array([[0, 0], [0, 1], [1, 0]])], ids=["grid", "table"])
def test_preview_of_pictures_that_are_no_squares(tmp_path, shape, factors):
    images = np.random.RandomState(0).randint(256, size=(6 if factors is None else 3, *shape, 3)).astype(np.uint8)
    arrays = {"factor_sizes": np.array([2, 3])} if factors is None else {"factors": factors}
    path = write_npz(tmp_path / "mine.npz", images=images, **arrays)
    output = tmp_path / "mine.png"
    assert main(["preview", "custom", "--output", str(output), "--columns", "3", "--gin_bindings",
                 f"custom_data.path = '{path}'"]) == 0
    with Image.open(output) as picture:
        rows = 2 if factors is None else 5
        assert picture.size == (110 + 3 * (shape[1] + 2), rows * (shape[0] + 2))


def test_preview_says_what_the_factors_of_a_users_file_are(tmp_path, capsys):
    """A row of an object array may hold a number, a text and a float, as that of a data frame."""
    angles = np.random.RandomState(0).rand(60)
    rows = np.array([[number % 3, ("left", "right")[number % 2], angle] for number, angle in enumerate(angles)], object)
    np.savez(tmp_path / "mine.npz", images=np.full((60, 8, 8, 1), 200, np.uint8), factors=rows,
             factor_names=np.array(["brightness", "side", "angle"]))
    assert main(["preview", "custom", "--output", str(tmp_path / "mine.png"), "--gin_bindings",
                 f"custom_data.path = '{tmp_path / 'mine.npz'}'"]) == 0
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert ["brightness", "3", "0, 1, 2"] in lines
    assert ["side", "2", "left, right"] in lines
    assert any(line[:2] == ["angle", "20"] and line[2].startswith("middles of bins: 0.0") for line in lines if line)


@pytest.mark.parametrize("arrays", [{}, {"factors": np.array([[0, 0], [0, 1], [1, 0]])}], ids=["images", "table"])
def test_preview_shows_random_images_where_nothing_can_be_traversed(tmp_path, capsys, arrays):
    path = write_npz(tmp_path / "mine.npz", images=np.full((3, 8, 8, 1), 200, np.uint8), **arrays)
    output = tmp_path / "mine.png"
    assert main(["preview", "custom", "--output", str(output), "--gin_bindings", f"custom_data.path = '{path}'"]) == 0
    assert output.exists()


def test_errors_inside_gin_are_one_sentence(tmp_path, capsys):
    bindings = ["--gin_bindings", f"custom_data.path = '{tmp_path / 'nowhere.npz'}'"]
    assert main(["preview", "custom", "--output", str(tmp_path / "x.png"), *bindings]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "x.png").exists()


def test_preview_of_data_without_images_is_refused(tmp_path, capsys):
    assert main(["preview", "identity", "--output", str(tmp_path / "x.png")]) == 2
    assert "there are no images to show" in capsys.readouterr().err


@pytest.mark.parametrize(("start", "size"), [(0, 3), (2, 3), (1, 32), (0, 1), (4, 6)])
def test_a_factor_goes_up_and_down_as_in_disentanglement_lib(start, size):
    places = np.ceil(np.linspace(start, start + 2 * size, 60, endpoint=False)).astype(int)  # its cycle_factor
    places -= np.maximum(0, 2 * places - 2 * size + 1)
    places += np.maximum(0, -2 * places - 1)
    np.testing.assert_array_equal(cycle(start, size, 60), places)


def test_a_gif_shows_each_factor_moving(tmp_path):
    output = tmp_path / "dots.gif"
    assert main(["preview", "threeDots", "--output", str(output), "--fps", "20"]) == 0
    with Image.open(output) as picture:
        assert picture.info["duration"] == 50
        assert picture.n_frames > 30  # equal frames in a row are one
        assert picture.size == (6 * 64 + 5 * 2, 64)
    frames = np.stack(moving_preview(data_sets()["noisy_dsprites"]()))
    shape, noise = frames[:, :, :64], frames[:, :5, :]
    assert len(np.unique(shape.reshape(60, -1), axis=0)) == 3
    assert (noise == noise[0]).all()  # what the factors leave open stays


def test_a_gif_of_pictures_alone_is_refused(tmp_path, capsys):
    path = write_npz(tmp_path / "mine.npz", images=np.full((20, 16, 16), 200, np.uint8))
    assert main(["preview", "custom", "--output", str(tmp_path / "x.gif"), "--gin_bindings",
                 f"custom_data.path = '{path}'"]) == 2
    assert "write a .png instead" in capsys.readouterr().err
    assert not (tmp_path / "x.gif").exists()


def test_several_downloads_go_on_after_one_that_fails(monkeypatch, tmp_path, capsys, empty_root):
    served = tmp_path / "3dshapes.h5"
    served.write_bytes(b"content")
    there = About("https://example.org", "none", (DataFile("3dshapes/3dshapes.h5", served.as_uri()),))
    gone = About("https://example.org", "none", (DataFile("cars/cars.npz", (tmp_path / "gone").as_uri()),))
    monkeypatch.setattr(shapes3d.Shapes3D, "about", there)
    monkeypatch.setattr(cars3d.Cars3D, "about", gone)
    assert main(["download", "cars3d", "shapes3d"]) == 1
    said = capsys.readouterr()
    assert said.out.strip() == str(empty_root / "3dshapes/3dshapes.h5")
    assert "Not fetched: cars3d. The same command goes on." in said.err
    assert main(["download", "shapes3d", "nothing"]) == 2


def test_all_are_those_with_files_to_fetch():
    names = downloadable(["all"])
    assert {"shapes3d", "cars3d", "mpi3d_real"} <= set(names)
    assert not {"threeDots", "custom", "dummy_data"} & set(names)


def test_download_of_a_procedural_set_says_that_none_is_needed(capsys):
    assert main(["download", "threeDots"]) == 2
    assert "It needs no file" in capsys.readouterr().err


def test_download_prints_where_the_file_is(monkeypatch, tmp_path, capsys, empty_root):
    served = tmp_path / "3dshapes.h5"
    served.write_bytes(b"content")
    about = About("https://example.org", "none", (DataFile("3dshapes/3dshapes.h5", served.as_uri()),))
    monkeypatch.setattr(shapes3d.Shapes3D, "about", about)
    assert main(["download", "shapes3d"]) == 0
    assert capsys.readouterr().out.strip() == str(empty_root / "3dshapes/3dshapes.h5")


@pytest.fixture
def one_shape(monkeypatch, empty_root):
    """A grid of dSprites' first images, so that a file of them is small; returns its images."""
    monkeypatch.setattr(dsprites.Sprites, "grid_factor_sizes", (1, 1, 1, 2, 32, 32))
    images = draw_sprites(np.arange(2048))[..., 0]
    write_npz(empty_root / DSPRITES, imgs=images)
    return images


def test_verify_compares_the_users_dsprites_with_the_renderer(one_shape, capsys):
    assert main(["verify", "dsprites_full"]) == 0
    printed = capsys.readouterr().out
    assert "all 2048 images equal the renderer's" in printed
    assert "decoded copy intact" in printed
    assert "no source gives a checksum" in printed


def test_verify_reports_images_that_differ(one_shape, capsys, empty_root):
    one_shape[77, 0, :3] = 1
    write_npz(empty_root / DSPRITES, imgs=one_shape)
    assert main(["verify", "dsprites_full"]) == 2
    assert "differs from the renderer in 1 of 2048 images and 3 pixels; the first such images are [77]" in (
        capsys.readouterr().err)


def test_verify_without_a_file_says_that_images_are_drawn(capsys):
    assert main(["verify", "dsprites_full"]) == 0
    assert "the images are drawn" in capsys.readouterr().out


def test_verify_reports_a_wrong_checksum(fake_data, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DISENTANGLEMENT_LIB_DATA", str(tmp_path / "other"))
    write_shapes3d_h5(tmp_path / "other")
    assert main(["verify", "shapes3d"]) == 2
    assert "has the sha256 checksum" in capsys.readouterr().err


def test_verify_reports_other_means(fake_data, capsys):
    assert main(["verify", "shapes3d"]) == 2
    assert "The mean of each channel is [0." in capsys.readouterr().err


def test_verify_accepts_the_published_means(fake_data, capsys, monkeypatch):
    images = data_sets()["shapes3d"]().images[:]
    means = tuple(images.mean(axis=(0, 1, 2)) / 255)
    monkeypatch.setattr(shapes3d.Shapes3D, "about", About("", "", layouts=shapes3d.Shapes3D.about.layouts, means=means))
    assert main(["verify", "shapes3d"]) == 0
    assert "The mean of each channel over all images is the published one" in capsys.readouterr().out


def test_verify_reports_a_damaged_copy(fake_data, capsys, tmp_path):
    copy = data_sets()["cars3d"]().images.path
    content = bytearray(copy.read_bytes())
    content[5000] ^= 1
    copy.write_bytes(content)
    assert main(["verify", "cars3d"]) == 2
    assert "is damaged: its checksum differs. Remove it" in capsys.readouterr().err


def test_the_renderer_is_compared_only_with_a_file():
    assert verify_sprites(draw_sprites).startswith("No dSprites file was found")
