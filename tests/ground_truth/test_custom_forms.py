"""Own data as people save them: every plain form gives the images and factors it was made from."""

import csv
import io
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pandas
import pytest
from fake_data_files import blocky, write_npz
from PIL import Image

from unbraid.common.errors import DataError, UserError
from unbraid.ground_truth.sets.custom import custom_data
from unbraid.ground_truth.sets.points import points

SIZES = (2, 3, 4)
IMAGES = blocky(24, 16, 3, seed=0)
IMAGES[0, 0, 0] = 255
FACTORS = np.stack(np.unravel_index(np.arange(24), SIZES), axis=1)
SCALED = IMAGES / np.float32(255)
TEXTS = np.stack([np.array(["disc", "square"])[FACTORS[:, 0]], np.char.add("size ", FACTORS[:, 1].astype(str)),
                  FACTORS[:, 2].astype(str)], axis=1)
RECORDS = pandas.DataFrame(FACTORS, columns=["a", "b", "c"]).to_records(index=False)


def factors_in_row_order(data, rows=24):
    """The factors of each stored image: a grid sorts its images, so that place and row differ."""
    if hasattr(data, "factors"):
        return data.factors
    places = np.stack(np.unravel_index(np.arange(rows), data.factors_num_values), axis=1)
    found = np.empty_like(places)
    found[data.rows if data.rows is not None else np.arange(rows)] = places
    return found


FACTOR_FORMS = {
    "plain": FACTORS, "by columns": np.array([FACTORS[:, 0], FACTORS[:, 1], FACTORS[:, 2]]).T,
    "pandas": pandas.DataFrame(FACTORS).to_numpy(), "float": FACTORS.astype(float) / 4, "float16": FACTORS.astype("f2"),
    "big-endian": FACTORS.astype(">i8"), "uint8": FACTORS.astype(np.uint8), "objects": FACTORS.astype(object),
    "spread": FACTORS * 10 + 1000, "texts": TEXTS, "bytes": TEXTS.astype("S"), "negative": FACTORS - 2,
}


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
@pytest.mark.parametrize("form", FACTOR_FORMS)
@pytest.mark.parametrize("key", ["factors", "labels", "classes", "latents_classes"])
def test_factors_of_every_form_and_name(tmp_path, suffix, form, key):
    path, factors = tmp_path / f"mine{suffix}", FACTOR_FORMS[form]
    if suffix == ".npz":
        write_npz(path, compress=False, images=IMAGES, **{key: factors}) if factors.dtype != object else np.savez(
            path, images=IMAGES, **{key: factors})
    else:
        if factors.dtype.kind in "UO":
            factors = factors.astype(h5py.string_dtype()) if factors.dtype.kind == "U" else factors.astype(int)
        with h5py.File(path, "w") as file:
            file["images"], file[key] = IMAGES, factors
    data = custom_data(str(path))
    assert data.factors_num_values == list(SIZES)
    np.testing.assert_array_equal(factors_in_row_order(data), FACTORS)


def test_structured_factors_bring_their_names(tmp_path):
    np.savez(tmp_path / "mine.npz", images=IMAGES, factors=RECORDS)
    assert list(custom_data(str(tmp_path / "mine.npz")).factor_names) == ["a", "b", "c"]


def test_names_that_pandas_keeps_as_objects_are_read(tmp_path):
    names = np.array(["a", "b", "c"], dtype=object)
    np.savez(tmp_path / "mine.npz", images=IMAGES, factors=FACTORS, factor_names=names)
    assert list(custom_data(str(tmp_path / "mine.npz")).factor_names) == ["a", "b", "c"]


@pytest.mark.parametrize("table", ["factors.npy", "factors.csv"])
def test_factors_in_a_file_of_their_own(tmp_path, table):
    np.save(tmp_path / "images.dat.npy", IMAGES)
    with pytest.raises(UserError, match=r"bind custom_data\.factors_path to a file with a row of factors"):
        custom_data(str(tmp_path / "images.dat.npy")).sample(2, np.random.RandomState(0))
    if table.endswith(".npy"):
        np.save(tmp_path / table, FACTORS)
    else:
        pandas.DataFrame(FACTORS, columns=["a", "b", "c"]).to_csv(tmp_path / table)
    data = custom_data(str(tmp_path / "images.dat.npy"), factors_path=table)
    assert data.factors_num_values == list(SIZES)


@pytest.mark.parametrize("factors", [FACTORS[:, 2], FACTORS[:, 2] == 1, FACTORS[:, 2:].astype(str)])
def test_one_factor(tmp_path, factors):
    np.savez(tmp_path / "mine.npz", images=IMAGES, factors=factors)
    assert custom_data(str(tmp_path / "mine.npz")).factors_num_values == [len(np.unique(factors))]


IMAGE_FORMS = {
    "by columns": np.asfortranarray(IMAGES), "NCHW": np.ascontiguousarray(IMAGES.transpose(0, 3, 1, 2)),
    "int64": IMAGES.astype(int), "int16": IMAGES.astype("i2"), "big-endian": IMAGES.astype(">i4"),
    "uint16 of 8 bits": IMAGES.astype("u2"), "uint16 of 16 bits": IMAGES.astype("u2") * 257,
    "objects": IMAGES.astype(object), "float32": SCALED, "float64": SCALED.astype(float), ">f4": SCALED.astype(">f4"),
}


@pytest.mark.parametrize("form", IMAGE_FORMS)
def test_images_of_every_plain_type(tmp_path, form):
    np.savez(tmp_path / "mine.npz", images=IMAGE_FORMS[form], factor_sizes=np.array(SIZES, dtype=float))
    data = custom_data(str(tmp_path / "mine.npz"))
    assert data.observation_shape == [16, 16, 3]
    np.testing.assert_allclose(data.render(np.arange(24)), SCALED, rtol=1e-6)


def test_half_precision_is_scaled_in_single(tmp_path):
    np.savez(tmp_path / "mine.npz", images=IMAGES.astype("f2"), factor_sizes=np.array(SIZES))
    np.testing.assert_array_equal(custom_data(str(tmp_path / "mine.npz"), maximum=255).render(np.arange(24)), SCALED)


def test_bools_are_black_and_white(tmp_path):
    np.savez(tmp_path / "mine.npz", images=IMAGES > 127, factor_sizes=np.array(SIZES))
    data = custom_data(str(tmp_path / "mine.npz"))
    np.testing.assert_array_equal(data.render(np.arange(24)), (IMAGES > 127).astype(np.float32))
    observations = data.sample_observations(3, np.random.RandomState(0))
    np.testing.assert_array_equal(data.pixel_values[observations.raw()], np.asarray(observations))


def test_a_group_of_an_hdf5_file_is_enough(tmp_path):
    with h5py.File(tmp_path / "mine.hdf", "w") as file:
        file["train/images"], file["train/labels"], file["factor_names"] = IMAGES, FACTORS, np.array([b"x", b"y", b"s"])
    data = custom_data(str(tmp_path / "mine.hdf"))
    assert list(data.factor_names) == ["x", "y", "s"]
    with h5py.File(tmp_path / "mine.hdf", "a") as file:
        file["test/images"], file["test/labels"] = IMAGES[:5], FACTORS[:5]
    with pytest.raises(DataError, match=r"Several arrays are called images \(test/images, train/images\)"):
        custom_data(str(tmp_path / "mine.hdf"))
    assert custom_data(str(tmp_path / "mine.hdf"), images_key="test/images").factors.shape == (5, 3)


def test_a_file_whose_factors_are_called_something_else_says_so_when_they_are_needed(tmp_path):
    np.savez(tmp_path / "mine.npz", images=IMAGES, attributes=FACTORS)
    data = custom_data(str(tmp_path / "mine.npz"))
    with pytest.raises(UserError, match=r"also holds attributes: bind custom_data\.factors_key"):
        data.sample(3, np.random.RandomState(0))
    assert custom_data(str(tmp_path / "mine.npz"), factors_key="attributes").num_factors == 3


def test_continuous_factors_are_binned_by_the_stated_rule(tmp_path, caplog):
    values = np.random.RandomState(0).uniform(3, 7, size=200)
    np.savez(tmp_path / "mine.npz", images=np.tile(IMAGES, (9, 1, 1, 1))[:200],
             factors=np.stack([values, np.arange(200) % 4], axis=1), factor_names=["x", "side"])
    data = custom_data(str(tmp_path / "mine.npz"), factor_bins=10)
    assert data.factors_num_values == [10, 4]
    edges = np.linspace(values.min(), values.max(), 11)
    np.testing.assert_array_equal(data.factors[:, 0], np.minimum(np.searchsorted(edges, values, side="right") - 1, 9))
    assert "factor 'x' has 200 values in 200 rows; it is put into 10 bins" in caplog.text
    with pytest.raises(DataError, match=r"factor 'x' has 200 values in 200 rows; a class that hardly ever occurs twice "
                                        r"cannot be scored\. .* custom_data\.factor_bins = 20 puts it into bins"):
        custom_data(str(tmp_path / "mine.npz"), factor_bins=None)
    np.savez(tmp_path / "mine.npz", images=np.tile(IMAGES, (9, 1, 1, 1))[:200],
             factors=np.stack([np.arange(200) // 3, np.arange(200) % 4], axis=1))
    assert custom_data(str(tmp_path / "mine.npz"), factor_bins=None).factors_num_values == [67, 4]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_continuous_factors_of_tables_are_factors(tmp_path, suffix):
    """Numbers of text files are texts at first, and nearly every row has its own."""
    names, angles = [f"{number:03}.png" for number in range(72)], np.random.RandomState(0).rand(72).round(4)
    save_pictures(tmp_path, names, np.tile(IMAGES, (9, 1, 1, 1))[:72])
    frame = pandas.DataFrame({"file_name": names, "angle": angles, "side": ["left", "right"] * 36})
    {"csv": lambda path: frame.to_csv(path, index=False), "tsv": lambda path: frame.to_csv(path, sep="\t", index=False),
     "jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
     "parquet": frame.to_parquet}[suffix](tmp_path / f"table.{suffix}")
    data = custom_data(str(tmp_path))
    assert dict(zip(data.factor_names, data.factors_num_values, strict=True)) == {"angle": 20, "side": 2}


def test_a_continuous_column_of_a_table_is_put_into_bins_beside_others(tmp_path, caplog):
    values = np.random.RandomState(0).randn(200)
    lines = [f"{value},{'abcd'[row % 4]}" for row, value in enumerate(values)]
    (tmp_path / "factors.csv").write_text("\n".join(["position,shape", *lines]))
    found = points(str(tmp_path / "factors.csv"))
    assert found.factors_num_values == [20, 4]
    assert "factor 'position' has 200 values in 200 rows; it is put into 20 bins" in caplog.text
    lines[5] = ",b"
    (tmp_path / "factors.csv").write_text("\n".join(["position,shape", *lines]))
    with pytest.raises(DataError, match=r"factor 'position' has no finite value in 1 of 200 rows, first in row 5"):
        points(str(tmp_path / "factors.csv"))


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize("ragged", [False, True])
def test_lists_in_tables_are_columns(tmp_path, suffix, ragged):
    names = [f"{number:03}.png" for number in range(8)]
    save_pictures(tmp_path, names, IMAGES[:8])
    latents = [[number % 2, number // 2 % 2] + [1] * (ragged and number == 5) for number in range(8)]
    frame = pandas.DataFrame({"file_name": names, "latent": latents})
    {"jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
     "parquet": frame.to_parquet}[suffix](tmp_path / f"table.{suffix}")
    if ragged:
        with pytest.raises(DataError, match=r"Column 'latent' of .*table.* holds lists of 2 to 3 values; expected"):
            custom_data(str(tmp_path))
    else:
        assert list(custom_data(str(tmp_path)).factor_names) == ["latent_0", "latent_1"]


def test_names_of_rows_are_no_factors(tmp_path, caplog):
    columns = {"caption": [f"dot {number}" for number in range(200)], "side": np.arange(200) % 4}
    images = np.tile(IMAGES, (9, 1, 1, 1))[:200]
    table = np.array(list(zip(*columns.values(), strict=True)), dtype=[("caption", "U20"), ("side", "i8")])
    np.savez(tmp_path / "mine.npz", images=images, factors=table)
    assert custom_data(str(tmp_path / "mine.npz")).factors_num_values == [4]
    assert "column 'caption' holds a text of its own in nearly every row" in caplog.text
    with pytest.raises(DataError, match=r"factor 'caption' has 200 values .* leave it out with custom_data.factor"):
        custom_data(str(tmp_path / "mine.npz"), factor_names=["caption", "side"])
    np.savez(tmp_path / "mine.npz", images=images, factors=table["caption"])
    with pytest.raises(DataError, match="factor 'factor_0' has 200 values"):
        custom_data(str(tmp_path / "mine.npz"))


# Folders of pictures

def save_pictures(folder, names, images=IMAGES):
    for name, image in zip(names, images, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / name)
    return folder


NAMES = [f"{number:03}.png" for number in range(24)]
ORDER = np.random.RandomState(1).permutation(24)  # of a table's rows


def rows_of(names):
    return [{"file": names[row], "shape": TEXTS[row, 0], "x": float(FACTORS[row, 1]) / 2, "place": int(FACTORS[row, 2])}
            for row in ORDER]


def write_csv(path, rows, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


TABLES = {
    "csv": lambda folder, rows: write_csv(folder / "factors.csv", rows),
    "semicolons": lambda folder, rows: write_csv(folder / "factors.csv", rows, ";"),
    "byte order mark": lambda folder, rows: write_csv(folder / "factors.csv", rows, encoding="utf-8-sig"),
    "tsv": lambda folder, rows: write_csv(folder / "factors.tsv", rows, "\t"),
    "pandas": lambda folder, rows: pandas.DataFrame(rows).to_csv(folder / "factors.csv"),
    "parquet": lambda folder, rows: pandas.DataFrame(rows).to_parquet(folder / "factors.parquet"),
    "metadata.jsonl": lambda folder, rows: (folder / "metadata.jsonl").write_text(
        "\n".join(json.dumps(row) for row in rows).replace('"file"', '"file_name"')),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("names", [NAMES, [f"images/{name}" for name in NAMES]], ids=["flat", "nested"])
def test_pictures_with_a_table_that_names_them(tmp_path, table, names):
    folder = save_pictures(tmp_path / "mine", names)
    TABLES[table](folder, rows_of(names))
    data = custom_data(str(folder))
    assert list(data.factor_names) == ["shape", "x", "place"]
    assert data.factors_num_values == list(SIZES)
    assert list(data.factor_values[0]) == ["disc", "square"]
    np.testing.assert_array_equal(data.render(np.arange(24)), SCALED)  # the grid's order, whatever the table's


def test_the_table_itself_can_be_the_path(tmp_path):
    folder = save_pictures(tmp_path / "mine", NAMES)
    write_csv(folder / "a.csv", rows_of(NAMES))
    write_csv(folder / "b.csv", rows_of(NAMES)[:10])
    with pytest.raises(DataError, match=r"several tables \(a.csv, b.csv\). Bind custom_data.factors_path"):
        custom_data(str(folder))
    assert custom_data(str(folder / "a.csv")).num_images == 24
    assert custom_data(str(folder), factors_path="b.csv").num_images == 10


def test_attributes_as_celeba_has_them(tmp_path):
    folder = save_pictures(tmp_path / "img_align_celeba", NAMES)
    signs = np.where(FACTORS[:, :2] > 0, 1, -1)
    lines = ["24", "Smiling Young", *(f"{name} {a:2d} {b:2d}" for name, (a, b) in zip(NAMES, signs, strict=True))]
    (tmp_path / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    data = custom_data(str(folder), factors_path=str(tmp_path / "list_attr_celeba.txt"))
    assert list(data.factor_names) == ["Smiling", "Young"]
    np.testing.assert_array_equal(data.factors, FACTORS[:, :2] > 0)
    (tmp_path / "list_attr_celeba.txt").write_text("24\nSmiling Young\n000.png 1\n001.png 1 1 1\n")
    with pytest.raises(DataError, match="is no table: expected a line of names"):
        custom_data(str(folder), factors_path=str(tmp_path / "list_attr_celeba.txt"))


def test_factors_in_npy_follow_the_names(tmp_path):
    folder = save_pictures(tmp_path / "mine", NAMES)
    np.save(folder / "labels.npy", FACTORS)
    np.testing.assert_array_equal(custom_data(str(folder)).render(np.arange(24)), SCALED)


def test_names_without_leading_zeros_need_a_column_of_names(tmp_path):
    folder = save_pictures(tmp_path / "mine", [f"{number}.png" for number in range(24)])
    np.save(folder / "labels.npy", FACTORS)
    with pytest.raises(DataError, match="their order is not plain"):
        custom_data(str(folder))


@pytest.mark.parametrize(("pattern", "names"), [
    ("{}/{}/{}/0.png", ["folder_0", "folder_1", "folder_2"]), ("shape={}/size={}/x={}/0.png", ["shape", "size", "x"])])
def test_names_of_folders_are_factors(tmp_path, pattern, names):
    folder = save_pictures(tmp_path / "mine", [pattern.format(*row) for row in TEXTS])
    data = custom_data(str(folder))
    assert list(data.factor_names) == names
    assert data.factors_num_values == list(SIZES)
    np.testing.assert_array_equal(data.render(np.arange(24)), SCALED)


def test_pictures_alone_can_be_trained_on(tmp_path):
    data = custom_data(str(save_pictures(tmp_path / "mine", NAMES)))
    assert data.sample_observations(3, np.random.RandomState(0)).shape == (3, 16, 16, 3)
    with pytest.raises(UserError, match="put a CSV file with a column of file names"):
        data.sample(3, np.random.RandomState(0))


def test_values_of_a_factor_that_happen_to_be_names_are_no_names(tmp_path):
    folder = save_pictures(tmp_path / "mine", [f"{number}.png" for number in range(24)])
    rows = [{"place": int(FACTORS[row, 2]), "file": f"{row}.png", "shape": TEXTS[row, 0], "x": FACTORS[row, 1]}
            for row in ORDER]
    write_csv(folder / "factors.csv", rows)
    data = custom_data(str(folder), factor_names=["shape", "x", "place"])
    np.testing.assert_array_equal(data.render(np.arange(24)), SCALED)


def test_a_column_of_factors_is_chosen_by_name(tmp_path):
    folder = save_pictures(tmp_path / "mine", NAMES)
    write_csv(folder / "factors.csv", rows_of(NAMES))
    data = custom_data(str(folder), factor_names=["place"])
    assert list(data.factor_names) == ["place"]
    assert data.factors_num_values == [4]


def test_pictures_of_several_sizes_are_resized_on_request(tmp_path):
    folder = save_pictures(tmp_path / "mine", NAMES[:2], IMAGES[:2])
    Image.fromarray(IMAGES[2]).resize((20, 12)).save(folder / "002.png")
    with pytest.raises(DataError, match=r"002.png is 20 x 12 pixels, the first picture 16 x 16.*data.resize = 64"):
        custom_data(str(folder))
    assert custom_data(str(folder), resize=8).observation_shape == [8, 8, 3]
    assert custom_data(str(folder), resize=[8, 10]).observation_shape == [8, 10, 3]


def test_arrays_are_resized_as_pictures_are(tmp_path):
    np.savez(tmp_path / "mine.npz", images=IMAGES, factor_sizes=np.array(SIZES))
    found = custom_data(str(tmp_path / "mine.npz"), resize=8).render(np.arange(24))
    pictures = [Image.fromarray(image).resize((8, 8), Image.Resampling.LANCZOS) for image in IMAGES]
    expected = np.stack([np.asarray(picture) for picture in pictures])
    np.testing.assert_array_equal(found, expected / np.float32(255))
    np.savez(tmp_path / "floats.npz", images=SCALED, factor_sizes=np.array(SIZES))
    floats = custom_data(str(tmp_path / "floats.npz"), resize=8).render(np.arange(24))
    np.testing.assert_allclose(floats, found, atol=2.01 / 255)  # Pillow rounds bytes between its two passes


@pytest.mark.parametrize("mode", ["L", "1", "I;16", "P", "RGBA", "LA"])
def test_pictures_of_every_mode(tmp_path, mode):
    (tmp_path / "mine").mkdir()
    for name, image in zip(NAMES, IMAGES, strict=True):
        picture = Image.fromarray(image).convert("L" if mode in ("L", "1", "I;16", "LA") else "RGB")
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
        elif mode != "L":
            picture = picture.convert(mode)
        picture.save(tmp_path / "mine" / name)
    found = custom_data(str(tmp_path / "mine")).render(np.arange(24))
    grey = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in IMAGES])[..., None] / np.float32(255)
    assert found.shape[-1] == (1 if mode in ("L", "1", "I;16", "LA") else 3)
    if mode in ("L", "I;16", "LA"):
        np.testing.assert_array_equal(found, grey)
    elif mode == "RGBA":
        np.testing.assert_array_equal(found, SCALED)


def test_a_changed_picture_is_read_again(tmp_path):
    folder = save_pictures(tmp_path / "mine", NAMES)
    custom_data(str(folder))
    Image.fromarray(255 - IMAGES[5]).save(folder / "005.png")
    np.testing.assert_array_equal(custom_data(str(folder)).raw(np.array([5])), 255 - IMAGES[[5]])


def test_parquet_of_hugging_face(tmp_path):
    def encoded(image):
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, format="PNG")
        return {"bytes": buffer.getvalue(), "path": None}

    (tmp_path / "data").mkdir()
    for shard in range(2):
        rows = ORDER[shard * 12 : shard * 12 + 12]
        frame = pandas.DataFrame({"image": [encoded(IMAGES[row]) for row in rows], "label": list(FACTORS[rows]),
                                  "shape": TEXTS[rows, 0]})
        frame.to_parquet(tmp_path / "data" / f"train-0000{shard}-of-00002.parquet")
    data = custom_data(str(tmp_path), factor_names=["label_0", "label_1", "label_2"])
    assert data.factors_num_values == list(SIZES)
    np.testing.assert_array_equal(data.render(np.arange(24)), SCALED)
    one = custom_data(str(tmp_path / "data" / "train-00000-of-00002.parquet"))
    assert list(one.factor_names) == ["label_0", "label_1", "label_2", "shape"]
    assert one.num_images == 12


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


BAD_FOLDERS = {
    "nothing": (lambda folder: folder.mkdir(), "has no pictures and no arrays"),
    "no such picture": (lambda folder: write_csv(
        save_pictures(folder, NAMES[:9], IMAGES[:9]) / "f.csv", rows_of(NAMES)),
                        "names pictures in its column 'file', but .* no picture 0"),
    "other count": (lambda folder: np.save(save_pictures(folder, NAMES) / "f.npy", FACTORS[:5]),
                    "has 5 rows for 24 pictures and no column with their names"),
    "damaged picture": (lambda folder: (save_pictures(folder, NAMES) / "010.png").write_bytes(b"\x89PNG"),
                        "010.png is not a whole picture"),
    "no header": (lambda folder: np.savetxt(save_pictures(folder, NAMES) / "f.csv", FACTORS, delimiter=","),
                  "starts with numbers; expected a first line with the names"),
    "short line": (lambda folder: (save_pictures(folder, NAMES) / "f.csv").write_text("file,x\n000.png,1\n001.png\n"),
                   "line 3 has 1 entries; the first line names 2 columns"),
    "other keys": (lambda folder: (save_pictures(folder, NAMES) / "m.jsonl").write_text('{"a": 1}\n{"b": 1}\n'),
                   "line 2 has the keys b; the first line has a"),
    "empty entry": (lambda folder: (save_pictures(folder, NAMES[:2], IMAGES[:2]) / "f.csv").write_text(
        "file,x\n000.png,1\n001.png,\n"), "factor 'x' has no finite value in 1 of 2 rows"),
    "parquet": (lambda folder: (save_pictures(folder, NAMES) / "f.parquet").write_text("404"),
                "is not a whole parquet file"),
    "a name twice": (lambda folder: (save_pictures(folder, NAMES) / "f.csv").write_text("file,x,x\n000.png,1,2\n"),
                     "has several columns called 'x'"),
    "deep": (lambda folder: (save_pictures(folder, NAMES) / "m.jsonl").write_text("[" * 100_000),
             "cannot be read as a table"),
    "a number beyond floats": (lambda folder: (save_pictures(folder, NAMES) / "m.jsonl").write_text(
        f'{{"file": "000.png", "x": 1{"0" * 400}}}\n'), "holds a number beyond the largest float"),
    "a pipe": (lambda folder: (make_pipe(save_pictures(folder, NAMES) / "010.png")), "010.png is no file"),
    "a link to itself": (lambda folder: make_loop(save_pictures(folder, NAMES) / "010.png"), "010.png is no file"),
    "PostScript": (lambda folder: (save_pictures(folder, NAMES) / "010.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 12\n%%EndComments\nshowpage\n"), "not a whole picture"),
    "a bomb": (lambda folder: Image.new("1", (9000, 9000)).save(save_pictures(folder, NAMES) / "010.png"),
               "010.png has 81,000,000 pixels; expected at most 64,000,000"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_bad_folders_are_explained(tmp_path, case):
    make, message = BAD_FOLDERS[case]
    make(tmp_path / "mine")
    with pytest.raises(DataError, match=message):
        custom_data(str(tmp_path / "mine"))


@pytest.mark.parametrize("sizes", [[np.inf, 2], [np.nan, 2], [1.5, 2], [0, 2], ["a", "b"]])
def test_sizes_of_factors_are_whole_numbers(tmp_path, sizes):
    write_npz(tmp_path / "data.npz", images=IMAGES, factor_sizes=np.array(sizes))
    with pytest.raises(DataError, match=r"factor_sizes is \[.*\]; expected whole numbers from 1"):
        custom_data(str(tmp_path / "data.npz"))
