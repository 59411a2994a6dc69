"""unbraid-export: write a trained model's representation as TorchScript, ONNX and torch.export files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..common.commands import add_gin_arguments, run_command
from .formats import FORMAT_NAMES


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbraid-export",
        description="Exports a trained model behind the fixed interface, images (N, C, H, W) in [0, 1] to codes "
                    "(N, D). Each file is read back and compared with the model on real images before it counts as "
                    "written.",
        epilog="Example: unbraid-export --model_dir runs/beta_vae/model --output_dir runs/beta_vae/representation")
    required = parser.add_argument_group("required")
    required.add_argument("--model_dir", required=True, help="folder that unbraid-train wrote")
    required.add_argument("--output_dir", required=True, help="folder to write; must not exist")
    parser.add_argument("--overwrite", action="store_true", help="replace the output folder if it exists")
    parser.add_argument("--formats", nargs="+", choices=FORMAT_NAMES, default=list(FORMAT_NAMES),
                        help="which files to write (default: all)")
    add_gin_arguments(parser, required=False)
    return parser


def export(arguments: argparse.Namespace) -> None:
    from ..common.files import refuse_existing

    refuse_existing(arguments.output_dir, arguments.overwrite)
    from .postprocess import postprocess_with_gin

    record = postprocess_with_gin(arguments.model_dir, arguments.output_dir, arguments.overwrite,
                                  arguments.gin_config or ["export/mean.gin"], arguments.gin_bindings,
                                  arguments.formats)
    print(f"{arguments.output_dir}: {record.representation} of {record.num_latents} latents, images "
          f"{tuple(record.image_shape)}, formats {', '.join(arguments.formats)}; largest difference from the model "
          f"{record.largest_difference:.2g}.")


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(export, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
