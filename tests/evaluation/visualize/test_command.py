"""unbraid-visualize: every kind on one small model, the same bytes twice, and each mistake one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unbraid.evaluation.visualize.__main__ import main
from unbraid.evaluation.visualize.kinds import kinds
from unbraid.evaluation.visualize.latents_3d import sampled_points
from unbraid.evaluation.visualize.model import Model
from unbraid.evaluation.visualize.shared.flags import KINDS, build_parser, options_of
from unbraid.evaluation.visualize.shared.options import Options

SMALL = ["--grid", "2", "3", "--steps", "3", "--frames", "3", "--num_images", "2", "--num_points", "20"]


def draw(run: Path, *arguments: str) -> int:
    return main([str(run), *arguments, *SMALL])


def refused(capsys: pytest.CaptureFixture[str], run: Path, *arguments: str) -> str:
    """The one sentence of a refusal; nothing is drawn."""
    before = set(run.rglob("*"))
    assert draw(run, *arguments) == 2
    assert set(run.rglob("*")) == before
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    return said.removeprefix("unbraid-visualize: ")


def test_the_help_names_every_kind_and_the_defaults_are_those_of_the_options() -> None:
    listed = [line.split()[0] for line in KINDS.split("examples:")[0].splitlines()[1:] if line.strip()]
    assert sorted(listed) == sorted([*kinds(), "all"])
    assert options_of(build_parser().parse_args(["run", "samples"])) == Options(fix=[])


def test_all_draws_every_kind_that_the_model_allows(copied: Callable[..., Path], tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    run = copied("results")
    assert draw(run, "all") == 0
    written = {path.name for path in (run / "visualizations").iterdir()}
    assert written == {
        "traversals_prior.png", "traversals_posterior_0.png", "traversals_posterior_1.png", "traversals.gif",
        "reconstruct.png", "reconstruct_traverse.png", "samples.png", "data_samples.png", "jacobian_forward.png",
        "jacobian_difference.png", "eigen.png", "largest_kl.png", "latents_3d.png", "interventions.png"}
    said = capsys.readouterr().out
    assert all(name in said for name in written)
    assert f"left out: symmetries. {run / 'representation'} holds no symmetries.npz" in said
    with Image.open(run / "visualizations" / "traversals.gif") as gif:
        assert gif.n_frames == 4  # type: ignore[attr-defined]  # 3 there, 1 back
        assert gif.info["duration"] == 100
        assert gif.info["loop"] == 0
    assert draw(run, "all", "--output_dir", str(tmp_path / "again")) == 0
    for name in written:
        assert (tmp_path / "again" / name).read_bytes() == (run / "visualizations" / name).read_bytes(), name


@pytest.mark.parametrize("file_format", ["svg", "pdf"])
def test_vector_formats_are_the_same_bytes_each_time(copied: Callable[..., Path], file_format: str) -> None:
    run = copied()
    path = run / "visualizations" / f"samples.{file_format}"
    contents = []
    for _ in range(2):
        assert draw(run, "samples", "--format", file_format) == 0
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert contents[0].startswith(b"%PDF" if file_format == "pdf" else b"<?xml")


def test_another_seed_draws_other_samples(copied: Callable[..., Path]) -> None:
    run = copied()
    contents = []
    for seed in ("0", "1"):
        assert draw(run, "samples", "--seed", seed) == 0
        contents.append((run / "visualizations" / "samples.png").read_bytes())
    assert contents[0] != contents[1]


def test_without_a_posterior_what_needs_none_is_drawn(copied: Callable[..., Path],
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    run = copied("posterior.*")
    for kind in ("reconstruct-traverse", "largest-kl", "latents-3d"):
        assert "KL divergences need the posterior" in refused(capsys, run, kind)
    assert "KL divergences need the posterior" in refused(capsys, run, "traversals", "--sort", "kl")
    assert draw(run, "traversals", "latents-3d", "--codes", "0", "1", "2") == 0
    assert {path.name for path in (run / "visualizations").iterdir()} == {
        "traversals_prior.png", "traversals_posterior_0.png", "traversals_posterior_1.png", "latents_3d.png"}


def test_a_decoder_alone_gives_what_needs_no_image(copied: Callable[..., Path],
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    run = copied("posterior.*", "representation.*", "pytorch_model.*")
    assert "Images need an encoder" in refused(capsys, run, "reconstruct")
    assert draw(run, "traversals", "samples", "jacobian", "--traverse", "prior") == 0
    assert (run / "visualizations" / "jacobian_forward.png").is_file()


def test_a_damaged_posterior_is_not_passed_over(copied: Callable[..., Path],
                                                capsys: pytest.CaptureFixture[str]) -> None:
    run = copied("posterior.pt", "posterior.pt2")
    file = run / "representation" / "posterior.onnx"
    file.write_bytes(file.read_bytes()[:500])
    assert f"{file} is not a readable ONNX model" in refused(capsys, run, "traversals")


def test_one_image_is_no_pair(copied: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(copied()), "largest-kl", "--image_indices", "5"]) == 2
    assert "largest-kl compares pairs of images" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "message"), [
    (["traversal"], "Unknown kind of picture 'traversal'. Did you mean"),
    (["traversals", "--codes", "9"], "--codes names 9, but the model has the codes 0 to 3."),
    (["data-samples", "--image_indices", "-1"], "--image_indices names -1, but the data set has the images 0 to"),
    (["latents-3d", "--color_by", "colour"], "Unknown factor in --color_by 'colour'."),
    (["latents-3d", "--fix", "dot"], "Unknown factor in --fix 'dot'."),
    (["latents-3d", "--codes", "1"], "latents-3d needs three codes; --codes names 1 of the model's 4."),
    (["samples", "--backend", "export", "--device", "cuda"], "CUDA was asked for"),
    (["data-samples", "--data_set", "dspritesfull"], "Unknown data set 'dspritesfull'. Did you mean dsprites_full"),
    (["data-samples", "--data_set", "shapes3d"], "This needs images of shapes3d."),
    (["traversals", "--quantile_of", "data"], "say which one with --quantile, such as --quantile 0.95."),
    (["symmetries"], "holds no symmetries.npz: only CFASL and Lie group VAEs learn group elements."),
])
def test_mistakes_are_one_sentence(copied: Callable[..., Path], capsys: pytest.CaptureFixture[str],
                                   arguments: list[str], message: str) -> None:
    assert message in refused(capsys, copied(), *arguments)


def own_images(tmp_path: Path, shape: tuple[int, ...]) -> list[str]:
    """Flags for a data set of random pictures without factors."""
    path = tmp_path / "mine.npz"
    np.savez(path, images=np.random.RandomState(0).randint(0, 256, size=shape, dtype=np.uint8))
    return ["--data_set", "custom", "--gin_bindings", f"custom_data.path = '{path}'"]


def test_ones_own_pictures_need_no_factors(copied: Callable[..., Path], tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    run, flags = copied(), own_images(tmp_path, (12, 64, 64, 1))
    assert draw(run, "data-samples", "largest-kl", "latents-3d", *flags) == 0
    assert "images in the space of three codes" in capsys.readouterr().out
    assert "--color_by size: the data set has images only, no factors." in refused(
        capsys, run, "latents-3d", "--color_by", "size", *flags)


def test_pictures_of_another_size_are_refused(copied: Callable[..., Path], tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    assert ("The model makes images [H, W, C] = [64, 64, 1], but those of custom are [32, 32, 1]. Name the data set "
            "that it was trained on with --data_set NAME.") in refused(capsys, copied(), "reconstruct",
                                                                  *own_images(tmp_path, (12, 32, 32)))


@pytest.mark.parametrize(("arguments", "message"), [
    (["--quantile", "1"], "--quantile: is '1'; expected a number between 0 and 1, both excluded"),
    (["--range", "-1"], "--range: is '-1'; expected a number above 0"),
    (["--seed", "-1"], "--seed: is '-1'; expected a whole number from 0 to 4,294,967,295"),
    (["--steps", "1"], "--steps: is '1'; expected a whole number from 2"),
    (["--num_images", "some"], "--num_images: is 'some'; expected a whole number from 1"),
    (["--range", "1", "--quantile", "0.5"], "not allowed with argument"),
])
def test_flags_that_make_no_sense(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", "traversals", *arguments])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_a_path_that_is_not_there_or_holds_no_decoder(tmp_path: Path, copied: Callable[..., Path],
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no" in refused(capsys, tmp_path / "nothing", "samples")
    assert "holds no exported decoder: expected decoder.onnx" in refused(capsys, copied("decoder.*"), "samples")


def test_factors_can_be_held_fixed(model: Model) -> None:
    name = model.data.factor_names[2]
    factors, images = sampled_points(model.data, Options(num_points=30, fix=[f"{name}=7"]))
    assert factors is not None
    assert images.shape == (30, 64, 64, 1)
    assert set(factors[:, 2]) == {7}
    assert len(set(factors[:, 1])) > 1
    again, _ = sampled_points(model.data, Options(num_points=30))
    np.testing.assert_array_equal(factors[:, 1], again[:, 1])  # type: ignore[index]
