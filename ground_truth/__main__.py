"""unbraid-data: list, describe, fetch, check and look at data sets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..common.commands.arguments import count, seed
from ..common.commands.command_line import INCOMPLETE, run_command

DESCRIPTION = """\
Data sets: what there is, where the files go, and whether they are what they should be.

Files are looked for in the folder DISENTANGLEMENT_LIB_DATA (default: the working directory), in the layout of
disentanglement_lib; folders of several other projects work too.  dSprites and three-dots need no file at all."""
EPILOG = """\
examples:
  unbraid-data list                          all data sets, and which can be used right now
  unbraid-data info shapes3d                 factors, licence, and where its file goes
  unbraid-data download shapes3d             fetch it; an interrupted download goes on where it stopped
  unbraid-data download all                  everything that can be fetched; what is there is kept
  unbraid-data verify dsprites_full          checksums, and every image against the renderer
  unbraid-data images shapes3d --output shapes3d.npy --uint8
                                             all images, to be encoded by another program (docs/arrays.md)
  unbraid-data preview dsprites_full         one row of images for each factor
  unbraid-data preview shapes3d --output shapes3d.gif
                                             the same, moving"""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unbraid-data", description=DESCRIPTION, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="all data sets with their factor sizes")
    listing.add_argument("--markdown", action="store_true", help="print Markdown, as in docs/data_sets.md")
    listing.set_defaults(run=run_list)
    for name, run, explanation in (
            ("info", run_info, "factors, licence, home page, and where the files go"),
            ("download", run_download, "fetch the files from their home page into the data folder"),
            ("verify", run_verify, "check the files: checksums, format, means, and dSprites against the renderer"),
            ("images", run_images, "write all images to one .npy file, in the order of unbraid-evaluate --codes"),
            ("preview", run_preview, "print what is read, and write a picture: one row for each factor, traversed")):
        command = commands.add_parser(name, help=explanation, description=f"{explanation.capitalize()}.")
        if name == "download":
            command.add_argument("names", metavar="NAME", nargs="+",
                                 help="names of data sets, see 'unbraid-data list', or all")
        else:
            command.add_argument("name", metavar="NAME", help="name of a data set, see 'unbraid-data list'")
        command.set_defaults(run=run)
        if name in {"verify", "preview", "images"}:
            command.add_argument("--gin_bindings", nargs="+", default=[], metavar="BINDING",
                                 help="for the data set 'custom': \"custom_data.path = 'my_data.npz'\"")
    writing = commands.choices["images"]
    writing.add_argument("--output", type=Path, required=True, metavar="FILE", help=".npy file to write")
    writing.add_argument("--uint8", action="store_true", help="bytes from 0 to 255 instead of float32 from 0 to 1")
    options = commands.choices["preview"]
    options.add_argument("--output", type=Path, metavar="FILE",
                         help="picture to write, NAME.png, or NAME.gif in which the factors move (default: NAME.png)")
    options.add_argument("--columns", type=count(), default=10,
                         help="maximum number of values shown per factor (default: 10)")
    options.add_argument("--fps", type=count(), default=10, help="frames per second of a GIF (default: 10)")
    options.add_argument("--seed", type=seed(), default=0,
                         help="seed of the image that the traversals start from (default: 0)")
    return parser


def run_list(arguments: argparse.Namespace) -> None:
    from .catalogue.descriptions import markdown_table, overview

    print(markdown_table() if arguments.markdown else overview())


def run_info(arguments: argparse.Namespace) -> None:
    from .catalogue.descriptions import details

    print(details(arguments.name))


def run_download(arguments: argparse.Namespace) -> int:
    from ..common.errors import DataError
    from .catalogue.descriptions import downloadable

    names = downloadable(arguments.names)
    failed = []
    for name in names:
        try:
            _download(name)
        except DataError as error:
            if len(names) == 1:
                raise
            print(f"unbraid-data: {name}: {error}", file=sys.stderr)
            failed.append(name)
    if failed:
        print(f"Not fetched: {', '.join(failed)}. The same command goes on.", file=sys.stderr)
    return INCOMPLETE if failed else 0


def _download(name: str) -> None:
    from .catalogue.descriptions import describe
    from .catalogue.downloads import download
    from .files.paths import data_root

    about = describe(name).about
    assert about is not None
    for file in about.files:
        print(download(file, data_root(), about), flush=True)


def run_verify(arguments: argparse.Namespace) -> None:
    from ..common.configuration.parsing import configured
    from .catalogue.verification import verify

    with configured(bindings=arguments.gin_bindings):
        for passed in verify(arguments.name):
            print(passed)


def run_images(arguments: argparse.Namespace) -> None:
    from ..common.commands.command_line import progress
    from ..common.configuration.parsing import configured
    from ..common.disk.locks import locked
    from .all_images import count_images, write_images
    from .named_data import get_named_ground_truth_data

    with configured(bindings=arguments.gin_bindings), locked(arguments.output):
        data = get_named_ground_truth_data(arguments.name)
        with progress(total=count_images(data), unit="img") as bar:
            shape = write_images(data, arguments.output, arguments.uint8, bar.update)
    print(f"{arguments.output}: {' x '.join(map(str, shape))}, {'uint8' if arguments.uint8 else 'float32'}")


def run_preview(arguments: argparse.Namespace) -> None:
    from ..common.configuration.parsing import configured
    from ..common.disk.files import atomic_file
    from ..common.disk.locks import locked
    from .catalogue.descriptions import understood
    from .catalogue.preview import moving_preview, preview
    from .files.pictures.picture_bytes import gif_bytes, png_bytes
    from .named_data import get_named_ground_truth_data

    output = arguments.output or Path(f"{arguments.name}.png")
    with configured(bindings=arguments.gin_bindings), locked(output):
        data = get_named_ground_truth_data(arguments.name)
        if output.suffix.lower() == ".gif":
            content = gif_bytes(moving_preview(data, arguments.seed), arguments.fps)
        else:
            content = png_bytes(preview(data, arguments.columns, arguments.seed))
    with atomic_file(output) as temporary:
        temporary.write_bytes(content)
    print(f"{understood(data)}\n\nWritten: {output}")


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(lambda arguments: arguments.run(arguments), build_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
