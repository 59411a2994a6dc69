"""unbraid-export: write a trained model's representation as TorchScript, ONNX and torch.export files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..common.commands.command_line import add_gin_arguments, run_command
from ..common.errors import UserError
from ..common.fingerprint import ANY_VERSION, Fingerprint
from .files.record import Record
from .foreign.flags import add_hint_arguments, hints_of
from .foreign.graph_description import Hints
from .formats import FORMAT_NAMES

if TYPE_CHECKING:
    from .importers.unwrapping import Choice


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbraid-export",
        description="Exports a trained model behind a fixed interface: images (N, C, H, W) in [0, 1] to codes (N, D). "
                    "Each file is read back and compared with the model on real images; if they differ, nothing is "
                    "written.",
        epilog="Example: unbraid-export --model_dir runs/beta_vae/model --output_dir runs/beta_vae/representation; "
               "unbraid-export --from results/btcvae_dsprites --data_set dsprites_full --output_dir representation")
    required = parser.add_argument_group("required")
    model = required.add_mutually_exclusive_group(required=True)
    model.add_argument("--model_dir", help="folder that unbraid-train wrote")
    model.add_argument("--from", dest="checkpoint", metavar="PATH",
                       help="another project's checkpoint or finished graph: a file, or a folder that holds one "
                            "(docs/checkpoints.md)")
    model.add_argument("--inspect", metavar="PATH",
                       help="write nothing; print a table of what is detected about a model")
    model.add_argument("--baseline", choices=("pca", "ica"),
                       help="export principal or independent components of the pixels of --data_set, without a model")
    required.add_argument("--output_dir", help="folder to write")
    add_import_arguments(parser)
    parser.add_argument("--num_latents", type=int, default=10, help="number of codes of a --baseline (default: 10)")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--overwrite", action="store_true", help="replace the output folder if it exists")
    existing.add_argument("--resume", nargs="?", const=True, default=False, choices=(ANY_VERSION,),
                          help="keep an existing export if it is complete and has the same model, options and library "
                               "versions; otherwise replace it and print why; any-version ignores library versions")
    parser.add_argument("--formats", nargs="+", choices=FORMAT_NAMES,
                        help="formats to write (default: all; for a finished graph, all that it can be converted to)")
    add_hint_arguments(parser)
    add_gin_arguments(parser, required=False)
    return parser


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """What --from may have to be told."""
    group = parser.add_argument_group("with --from and --inspect")
    group.add_argument("--format", help="project that wrote the checkpoint (default: detected from its keys)")
    group.add_argument("--module", metavar="PACKAGE.MODULE:CLASS",
                       help="class of your own network, for a state_dict; bind its arguments with --gin_bindings "
                            "'CLASS.argument = value'")
    group.add_argument("--data_set", help="data set of the training; the export is verified on its images")
    group.add_argument("--representation", choices=("mean", "sample"),
                       help="mean of the posterior, or a new sample at every call (default: mean, or as chosen by "
                            "--gin_config: export/pca, export/ica, export/whitened, export/linear)")
    group.add_argument("--allow_pickled_code", action="store_true",
                       help="also read files that hold more than tensors; this RUNS CODE from the file")


def run(arguments: argparse.Namespace) -> None:
    """Either of the two things this command does."""
    if arguments.inspect is not None:
        from .reading.inspection import inspect

        print(inspect(Path(arguments.inspect), hints_of(arguments), arguments.format, arguments.allow_pickled_code,
                      _choice(arguments)))
        return
    if arguments.output_dir is None:
        raise UserError("--output_dir must be given: the folder to write.")
    export(arguments)


def export(arguments: argparse.Namespace) -> None:
    from ..common.disk.files import refuse_existing
    from ..common.disk.locks import locked
    from ..ground_truth.files.reads import noted_reads
    from .files.export_fingerprint import export_fingerprint, record_export

    folder, fingerprint = Path(arguments.output_dir), export_fingerprint(arguments)
    if not arguments.resume:
        refuse_existing(folder, arguments.overwrite)
    with locked(folder), noted_reads() as files:
        if arguments.resume and _written(folder):
            if _is_kept(folder, fingerprint, arguments.resume == ANY_VERSION):
                return
            arguments.overwrite = True
        refuse_existing(folder, arguments.overwrite)
        record = _exporter(arguments)(arguments)
        # Only what is fitted depends on data; otherwise its images serve to verify the files.
        record_export(folder, fingerprint, files if arguments.gin_config or arguments.baseline else [])
    print(f"{arguments.output_dir}: {_codes(record)}, images {tuple(record.image_shape)}, formats "
          f"{', '.join(_written(arguments.output_dir))}; largest difference from the model "
          f"{record.largest_difference:.2g}.")


def _is_kept(folder: Path, fingerprint: Fingerprint, any_version: bool) -> bool:
    from .files.export_fingerprint import is_reusable_export

    if is_reusable_export(folder, fingerprint, any_version, lambda reason: print(f"{folder}: recomputed: {reason}")):
        print(f"{folder} holds this export already.")
        return True
    return False


def _codes(record: Record) -> str:
    made_by = f" by {record.postprocessing['name']}" if record.postprocessing else ""
    return f"{record.representation} of {record.num_latents} latents{made_by}"


def _written(folder: str | Path) -> list[str]:
    from .formats import get_formats

    return [name for name, file_format in get_formats().items()
            if (Path(folder) / file_format.representation_file).is_file()]


def _exporter(arguments: argparse.Namespace) -> Callable[[argparse.Namespace], Record]:
    if arguments.baseline is not None:
        return _export_baseline
    return _export_own if arguments.checkpoint is None else _export_foreign


def _export_baseline(arguments: argparse.Namespace) -> Record:
    from ..common.configuration.parsing import configured
    from ..ground_truth import named_data  # noqa: F401  # gin has to know the bindings of custom data
    from .baselines import export_pixel_baseline

    if arguments.data_set is None:
        raise UserError("--baseline needs --data_set: the data set whose pixels it is fitted on.")
    with configured(arguments.gin_config or [], arguments.gin_bindings):
        return export_pixel_baseline(arguments.baseline, arguments.data_set, arguments.output_dir,
                                     num_latents=arguments.num_latents, formats=arguments.formats or FORMAT_NAMES,
                                     overwrite=arguments.overwrite)


def _export_own(arguments: argparse.Namespace) -> Record:
    from .postprocessing.postprocess import postprocess_with_gin

    return postprocess_with_gin(arguments.model_dir, arguments.output_dir, arguments.overwrite,
                                arguments.gin_config or ["export/mean.gin"], arguments.gin_bindings,
                                arguments.formats or FORMAT_NAMES)


def _export_foreign(arguments: argparse.Namespace) -> Record:
    from ..ground_truth.catalogue.recorded import own_data

    with own_data(arguments.gin_config, arguments.gin_bindings):
        return _export_module(arguments) if arguments.module is not None else _export_model_of_others(arguments)


def _export_module(arguments: argparse.Namespace) -> Record:
    from .importers.own_module import export_own_module

    if hints_of(arguments) != Hints():
        raise UserError("--layout, --output, --head, --value_range and --input_statistics are not for --module: "
                        "the class itself takes images (N, C, H, W) in [0, 1] and returns what is exported.")
    return export_own_module(
        arguments.module, arguments.checkpoint, arguments.output_dir, arguments.data_set,
        representation=arguments.representation, gin_config_files=arguments.gin_config,
        gin_bindings=arguments.gin_bindings, formats=arguments.formats or FORMAT_NAMES,
        overwrite=arguments.overwrite, allow_pickled_code=arguments.allow_pickled_code,
        allow_batch_dependence=arguments.allow_batch_dependence, choice=_choice(arguments))


def _export_model_of_others(arguments: argparse.Namespace) -> Record:
    from .files.locating import ARTIFACTS, locate
    from .foreign.export_graph import export_graph
    from .importers.import_checkpoint import export_checkpoint
    from .postprocessing.representations import postprocessing_of

    hints = hints_of(arguments)
    postprocessing = postprocessing_of(arguments.representation, arguments.gin_config, arguments.gin_bindings)
    located = locate(Path(arguments.checkpoint))
    if located.kind in ARTIFACTS and arguments.format is None:
        return export_graph(
            located, arguments.output_dir, hints=hints, data_set=arguments.data_set, postprocessing=postprocessing,
            formats=arguments.formats, overwrite=arguments.overwrite, allow_pickled_code=arguments.allow_pickled_code,
            allow_batch_dependence=arguments.allow_batch_dependence)
    if hints != Hints(input_statistics=hints.input_statistics):
        raise UserError(f"{located.path} is a checkpoint, whose network is known; --layout, --output and --head are "
                        "for finished graphs.")
    return export_checkpoint(
        arguments.checkpoint, arguments.output_dir, source=arguments.format, data_set=arguments.data_set,
        postprocessing=postprocessing, input_statistics=hints.input_statistics,
        formats=arguments.formats or FORMAT_NAMES, overwrite=arguments.overwrite,
        allow_pickled_code=arguments.allow_pickled_code, allow_batch_dependence=arguments.allow_batch_dependence,
        choice=_choice(arguments))


def _choice(arguments: argparse.Namespace) -> Choice:
    from .importers.unwrapping import Choice

    return Choice(arguments.state_dict_key, arguments.prefix)


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(run, build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
