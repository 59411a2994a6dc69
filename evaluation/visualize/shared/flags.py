"""The flags of unbraid-visualize."""

from __future__ import annotations

import argparse
from pathlib import Path

from ....common.checking.ranges import ABOVE_0, BETWEEN_0_AND_1
from ....common.commands.arguments import count, real, seed, whole
from ....common.errors import UserError
from .options import Options
from .saving import FORMATS

DESCRIPTION = """Draws pictures of an exported model. Some need only the decoder; others also use the encoder, the
posterior and images of the data set."""
KINDS = """kinds:
  traversals            one code varies, the others are fixed, at 0 or at the codes of an image
  gif-traversals        the same as animation, images side by side
  reconstruct           images above their reconstructions, with errors
  reconstruct-traverse  reconstructions, then traversals sorted by KL divergence
  samples               decoded draws of the prior
  data-samples          images of the data set
  jacobian              columns of the decoder's Jacobian at images, exact and by finite differences
  symmetries            effect of CFASL's codebook or of the elements of a Lie algebra
  eigen                 principal axes of the codes
  largest-kl            from one image to another by replacing the codes of largest KL divergence
  latents-3d            images in the space of the three codes of largest KL divergence
  interventions         mean of each code as a function of each factor, with the factor that it follows
  all                   every kind that the model allows; the others are listed

examples:
  unbraid-visualize runs/beta_vae all
  unbraid-visualize runs/beta_vae traversals --traverse prior --quantile 0.95 --steps 11
  unbraid-visualize runs/beta_vae traversals --quantile 0.98 --quantile_of data --sort kl
  unbraid-visualize runs/beta_vae jacobian --image_indices 0 1000 --codes 0 3 5 --format svg
  unbraid-visualize results/btcvae_dsprites reconstruct-traverse --data_set dsprites_full --output_dir pictures
"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unbraid-visualize", description=DESCRIPTION, epilog=KINDS,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN",
                        help="a run, its representation/ or decoder file; or a checkpoint of another project, which is "
                             "first exported to OUTPUT_DIR.representation")
    parser.add_argument("kinds", nargs="+", metavar="KIND", help="kinds of pictures, see below")
    output = parser.add_argument_group("output")
    output.add_argument("--output_dir", type=Path, help="folder to write (default: RUN/visualizations); pictures of "
                                                        "the same name are replaced")
    output.add_argument("--format", choices=FORMATS, default="png", help="file format, except for GIFs (default: png)")
    _add_images(parser)
    _add_traversals(parser)
    _add_others(parser)
    model = parser.add_argument_group("model")
    model.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where the model runs (default: cpu)")
    model.add_argument("--backend", choices=("auto", "onnx", "torchscript", "export"), default="auto",
                       help="file format and runtime (default: the fastest available)")
    return parser


def _add_images(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("images")
    group.add_argument("--data_set", metavar="NAME", help="data set of the images (default: the recorded one)")
    group.add_argument("--gin_bindings", nargs="+", action="extend", default=[], metavar="BINDING",
                       help="settings of the data set, such as \"custom_data.path = 'faces.npz'\"")
    group.add_argument("--num_images", type=count(), metavar="N", help="number of images (default: by kind)")
    group.add_argument("--image_indices", type=whole(), nargs="+", metavar="I",
                       help="start with these images of the data set; with --num_images the others are drawn")
    group.add_argument("--factors", metavar="NAME=VALUE,...",
                       help="values of factors of the drawn images, such as \"x_0=10,y_0=20\"")
    group.add_argument("--grid", type=count(), nargs=2, default=Options.grid, metavar=("ROWS", "COLUMNS"),
                       help="grid of samples and reconstructions (default: 6 10)")
    group.add_argument("--seed", type=seed(), default=0, help="random seed (default: 0)")


def _add_traversals(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("traversals")
    group.add_argument("--traverse", choices=("prior", "posterior", "both"), default="both",
                       help="fix the other codes at 0 (prior) or at the codes of an image (posterior), or draw both "
                            "(default: both)")
    width = group.add_mutually_exclusive_group()
    width.add_argument("--range", type=real(ABOVE_0), dest="value_range", default=Options.value_range, metavar="R",
                       help="range from -R to R (default: 2)")
    width.add_argument("--quantile", type=real(BETWEEN_0_AND_1), metavar="P",
                       help="central range of this probability instead, such as 0.95")
    group.add_argument("--quantile_of", choices=("prior", "posterior", "data"),
                       help="distribution of the quantile: N(0, 1), the image's posterior, or the codes of images "
                            "(default: prior or posterior, as the traversal)")
    group.add_argument("--steps", type=count(2), default=Options.steps, metavar="N", help="images per row (default: 9)")
    group.add_argument("--codes", type=whole(), nargs="+", metavar="J", help="codes to draw (default: all)")
    group.add_argument("--sort", choices=("index", "kl", "norm"), default="index",
                       help="codes by number, by falling KL divergence, or (jacobian) by the falling norm of their "
                            "columns (default: index)")
    group.add_argument("--top_codes", type=count(), metavar="N", help="only the first N codes in this order")
    group.add_argument("--frames", type=count(2), default=Options.frames, metavar="N",
                       help="frames of a GIF in one direction (default: 15)")
    group.add_argument("--fps", type=count(), default=Options.fps, metavar="N",
                       help="frames per second (default: 10)")


def _add_others(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("options of single kinds")
    group.add_argument("--method", choices=("forward", "difference", "both"), default="both",
                       help="jacobian: exact derivatives, finite differences, or both (default: both)")
    group.add_argument("--epsilon", type=real(ABOVE_0), default=Options.epsilon, metavar="E",
                       help="jacobian: step size of the finite differences (default: 0.01)")
    group.add_argument("--single_files", action="store_true",
                       help="jacobian: each column as a PNG of its own, pixel for pixel")
    group.add_argument("--top", type=count(), default=Options.top, metavar="K",
                       help="largest-kl: number of codes that are replaced (default: 5)")
    group.add_argument("--num_points", type=count(), default=Options.num_points, metavar="N",
                       help="latents-3d: number of images (default: 640)")
    group.add_argument("--color_by", metavar="FACTOR",
                       help="latents-3d: factor shown as colour (default: the first)")
    group.add_argument("--fix", nargs="+", default=[], metavar="FACTOR[=VALUE]",
                       help="latents-3d, interventions: factors that have the same value in all images")


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that the flags give.  Raises UserError for a source of quantiles without a quantile."""
    if arguments.quantile_of is not None and arguments.quantile is None:
        raise UserError(f"--quantile_of {arguments.quantile_of} says where a quantile is taken; say which one with "
                        "--quantile, such as --quantile 0.95.")
    values = {name: value for name, value in vars(arguments).items() if name in Options.__dataclass_fields__}
    return Options(**{**values, "grid": tuple(arguments.grid)})
